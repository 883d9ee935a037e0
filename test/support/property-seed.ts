import fc from 'fast-check';

/**
 * Property tests draw the same cases in every run: a gate that fails on one machine must fail on all.
 * TRIO_PROPERTY_SEED and TRIO_PROPERTY_RUNS look at other cases, and at more of them.
 */
const { TRIO_PROPERTY_SEED: seed = '20250225', TRIO_PROPERTY_RUNS: runs = '100' } = process.env;

fc.configureGlobal({ seed: Number(seed), numRuns: Number(runs) });

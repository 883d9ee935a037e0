import { defineConfig } from 'vitest/config';

const minuteMs = 60_000;

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        // Run by `vitest bench` alone, which adds ` (bench)` to the name.
        test: {
          name: 'bench',
          include: [],
          benchmark: { enabled: true, include: ['test/bench/**/*.bench.ts'] },
          // Modules as Node.js loads them: vitest's own loader makes each use of an import a call of a getter.
          experimental: { viteModuleRunner: false },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: minuteMs,
          hookTimeout: minuteMs,
        },
      },
      {
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          // A first run also builds the guest; a machine without KVM takes its time.
          testTimeout: 60 * minuteMs,
          hookTimeout: 60 * minuteMs,
          // One file at a time: a guest takes all the memory and cores that a small machine has.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

/**
 * Limits of one scenario when the user names none. The virtual one is a guest's input like any other (it sets timers
 * there, which moved four faults of one trace): figures are only comparable, and golden, with the same value.
 */
export const defaultLimits = { virtualNs: 1900e9, wallMs: 3_600_000 } as const;

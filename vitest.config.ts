import { defineConfig } from 'vitest/config';

const minuteMs = 60_000;
/** Else every project would run all benchmarks. */
const none = { include: [] };
const setupFiles = ['test/support/property-seed.ts'];
/** No test is about time: these only end what hangs, on a busy machine too. */
const patience = { testTimeout: minuteMs, hookTimeout: minuteMs };
/** Vitest leaves a core to itself: half of them, where there are two. */
const maxWorkers = '100%';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles,
          benchmark: none,
          maxWorkers,
          ...patience,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          setupFiles,
          benchmark: none,
          maxWorkers,
          ...patience,
        },
      },
      {
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          benchmark: none,
          // A first run also builds the guest; a machine without KVM takes its time.
          testTimeout: 60 * minuteMs,
          hookTimeout: 60 * minuteMs,
          // A guest has one virtual CPU and emulates it in one thread: two at a time for two cores.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'bench',
          include: [],
          benchmark: { include: ['test/bench/**/*.bench.ts'] },
          // Node.js itself loads the modules: in Vite's runner each use of an imported constant is a call.
          experimental: { viteModuleRunner: false },
          testTimeout: minuteMs,
        },
      },
    ],
  },
});

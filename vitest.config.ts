import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const minuteMs = 60_000;
/** Else every project would run all benchmarks. */
const none = { include: [] };
const setupFiles = ['test/support/property-seed.ts'];
/** Of the tests that need no guest. */
const quick = {
  setupFiles,
  benchmark: none,
  // No test is about time: these only end what hangs, on a busy machine too.
  testTimeout: 5 * minuteMs,
  hookTimeout: 5 * minuteMs,
  // Vitest leaves a core to itself: half of them, where there are two.
  maxWorkers: '100%',
  // Half of what a command takes to say `--help` is to compile it.
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...quick } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...quick } },
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

import type { Progress } from '../progress.ts';

/**
 * A guest operating system. One file describes one guest; nothing else in the testbed knows distributions.
 */
export interface Guest {
  /** Name on the command line and in results, e.g. `debian-13`. */
  readonly id: string;
  /** One line for people. */
  readonly title: string;
  /** All that its root file system depends on, as JSON: the address in the cache. */
  readonly recipe: unknown;
  /**
   * Fills `dir` with
   * - `root.tar`: the root file system, with a kernel in `./boot/vmlinuz-RELEASE`, its modules in
   *   `./usr/lib/modules/RELEASE` (plain, .xz, .zst or .gz), containerd with ctr, runc, ctr-remote, iproute2, kmod,
   *   util-linux and a shell;
   * - `packages.txt`: the package manifest, one `name version` a line, sorted.
   */
  build(dir: string, progress: Progress): Promise<void>;
  /**
   * The folder with the modules of `kernel/`, built for a kernel of this guest.
   *
   * @param release  the kernel's `uname -r`
   */
  kernelModules(release: string, progress: Progress): Promise<string>;
  /**
   * The path of a static program, built with the Go that this guest's containerd is built with.
   *
   * @param sourceFolder  its Go files, which need nothing but the standard library
   */
  goProgram(name: string, sourceFolder: string, progress: Progress): Promise<string>;
}

import { execa } from 'execa';
import { readFile, realpath } from 'node:fs/promises';

/**
 * Where something is mounted below a folder (a path without symbolic links), the innermost first: the order to unmount them in.
 *
 * @param mountinfo text of /proc/PID/mountinfo (proc_pid_mountinfo(5)): the fifth field is the place, in which space,
 *   tab, newline and backslash are octal escapes
 */
export function mountsBelow(folder: string, mountinfo: string): string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    )
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}

/** Unmounts all below a folder; what still is in use goes with its last user. Needs root. */
export async function unmountBelow(folder: string): Promise<void> {
  const place = await realpath(folder).catch(() => undefined);
  if (place === undefined) return; // removed already
  for (const path of mountsBelow(place, await readFile('/proc/self/mountinfo', 'utf8')))
    await execa('umount', ['--lazy', path], { reject: false });
}

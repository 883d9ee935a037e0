import { readFile, readdir } from 'node:fs/promises';

/** Command lines of running processes that contain all of `parts`. From /proc: a bare Debian has no `ps`. */
export async function processesNaming(...parts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    // A process may end while we look.
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const line = commandLine.replaceAll('\0', ' ');
    if (parts.every((part) => line.includes(part))) found.push(line);
  }
  return found;
}

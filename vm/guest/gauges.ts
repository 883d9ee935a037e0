import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { registryRoot } from './address.ts';
import { run } from './process.ts';

/**
 * Bytes in the node's page cache: `Cached` of /proc/meminfo (file pages, without the block devices' own) less what
 * the registry, which only shares the machine, has cached of its blobs.
 */
export function pageCacheBytes(): number {
  const kib = /^Cached:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return Number(kib) * 1024 - cachedBytesOf(registryRoot);
}

function cachedBytesOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return run('fincore', '--bytes', '--noheadings', '--raw', '--output', 'RES', ...files)
    .split('\n')
    .reduce((sum, line) => sum + Number(line), 0);
}

/**
 * Bytes written to disk so far; dirty pages are flushed first, so that they count. From the block layer's event counter:
 * pmem devices keep no statistics of their own. (The root is the only device that is written.)
 */
export function diskWriteBytes(): number {
  run('sync');
  const kib = /^pgpgout (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1];
  return Number(kib) * 1024;
}

/** Resident memory of processes, in bytes. */
export function rssBytes(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    sum += Number(kib) * 1024;
  }
  return sum;
}

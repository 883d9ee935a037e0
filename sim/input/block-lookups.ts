import { readFile } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import { TrioError } from '../../trio/errors.ts';
import { parseLookups } from '../../trio/trace/block-lookups.ts';
import type { BlockLookups } from '../workload/program.ts';
import type { Run } from '../workload/run.ts';
import { stepKind } from '../workload/steps.ts';

/**
 * Which blocks of file systems were looked up during a run.
 *
 * @param path  `retouch-N.lookups.json.zst`
 * @throws TrioError `NO_MEMORY_RECORDING`, `BAD_RECORDING`
 */
export async function loadLookups(path: string, run: Run): Promise<BlockLookups> {
  const compressed = await readFile(path).catch((cause: unknown) => {
    throw new TrioError('NO_MEMORY_RECORDING', `${path} cannot be read`, { cause });
  });
  const { atUs, device, page } = parseLookups(decompressed(compressed, path), path);
  const own = ownBlocks(run);
  const numbers = new Map<string, number>();
  const blocks: BlockLookups['blocks'][number][] = [];
  /** Another one from when the cgroup has it: before, it was somebody else's. */
  const numberOf = (id: string, ofPage: number, nextStep: number) => {
    const ownBlock = own.get(id);
    const isOwn = ownBlock !== undefined && ownBlock.step < nextStep;
    const key = `${id} ${isOwn}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = blocks.push({ file: isOwn ? ownBlock.file : -1, page: ofPage }) - 1;
      numbers.set(key, number);
    }
    return number;
  };
  const { steps } = run;
  const lookups = { step: new Int32Array(atUs.length), block: new Int32Array(atUs.length), blocks };
  let step = 0;
  for (const [i, at] of atUs.entries()) {
    while (step < steps.length && steps.timeNs[step]! < at * 1000) step++;
    lookups.step[i] = step;
    lookups.block[i] = numberOf(`${device[i]}:${page[i]}`, page[i]!, step);
  }
  return lookups;
}

function decompressed(bytes: Buffer, path: string): string {
  try {
    return zstdDecompressSync(bytes).toString();
  } catch (cause) {
    throw new TrioError('BAD_RECORDING', `${path} is not compressed with zstd`, { cause });
  }
}

/** The cgroup's: those that the container's tasks put in the page cache, and in which step they did. */
function ownBlocks({ steps, files }: Run): Map<string, { readonly file: number; readonly step: number }> {
  const own = new Map<string, { readonly file: number; readonly step: number }>();
  for (let step = 0; step < steps.length; step++) {
    const file = steps.file[step]!;
    if (steps.kind[step] !== stepKind.foreign || !files.list[file]!.isDevice) continue;
    const id = `${files.list[file]!.ino}:${steps.page[step]}`;
    if (!own.has(id)) own.set(id, { file, step });
  }
  return own;
}

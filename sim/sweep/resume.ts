import { open, type FileHandle } from 'node:fs/promises';
import { TrioError } from '../../trio/errors.ts';
import type { Sweep } from './sweep.ts';

const newline = 0x0a;

/** What a file has of a sweep: so many points, from the first on, in so many bytes. */
export interface Kept {
  readonly points: number;
  readonly bytes: number;
}

/**
 * Finds how far a file has come. The last line may be cut off, and rows of the last point missing: these do not count.
 *
 * @throws TrioError `OTHER_SWEEP` if a line is not the one that this sweep would write there
 */
export async function keptOf(file: string, { definition, format, head }: Sweep): Promise<Kept> {
  const { systems, points, id } = definition;
  let rows = -1;
  let kept: Kept = { points: 0, bytes: 0 };
  for await (const { text, endBytes } of lines(file)) {
    if (rows < 0) {
      if (`${text}\n` !== head)
        throw new TrioError('OTHER_SWEEP', `${file} is of another sweep: give --out another name`);
      kept = { points: 0, bytes: endBytes };
    } else {
      const point = Math.floor(rows / systems.length);
      const system = systems[rows % systems.length]!;
      if (point >= points || !format.isRow(text, id, point, system))
        throw new TrioError(
          'OTHER_SWEEP',
          `${file} is of another sweep, or damaged: line ${rows + 2} is not of point ${point}, ${system}`,
        );
      if ((rows + 1) % systems.length === 0) kept = { points: point + 1, bytes: endBytes };
    }
    rows++;
  }
  return kept;
}

/** Whole lines, and where each ends; what follows the last line break is left out. No file: none. */
async function* lines(file: string): AsyncGenerator<{ text: string; endBytes: number }> {
  let handle: FileHandle;
  try {
    handle = await open(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new TrioError('CANNOT_READ', `${file} cannot be read`, { cause: error });
  }
  let rest = Buffer.alloc(0);
  let atBytes = 0;
  for await (const chunk of handle.createReadStream()) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline, from)) {
      yield { text: rest.toString('utf8', from, end), endBytes: atBytes + end + 1 };
      from = end + 1;
    }
    rest = rest.subarray(from);
    atBytes += from;
  }
}

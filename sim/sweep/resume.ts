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
  for await (const { text, isWhole, endBytes } of lines(file)) {
    if (rows < 0) {
      // Also a head that was cut off must be ours: what is no sweep at all must not be overwritten.
      if (isWhole ? `${text}\n` !== head : !head.startsWith(text))
        throw new TrioError('OTHER_SWEEP', `${file} is of another sweep: give --out another name`);
      if (isWhole) kept = { points: 0, bytes: endBytes };
    } else if (isWhole) {
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

interface Line {
  readonly text: string;
  /** With a line break behind it. */
  readonly isWhole: boolean;
  readonly endBytes: number;
}

/** The lines of a file, and where each ends. No file: none. */
async function* lines(file: string): AsyncGenerator<Line> {
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
      yield { text: rest.toString('utf8', from, end), isWhole: true, endBytes: atBytes + end + 1 };
      from = end + 1;
    }
    rest = rest.subarray(from);
    atBytes += from;
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), isWhole: false, endBytes: atBytes + rest.length };
}

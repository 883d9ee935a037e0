import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { TrioError } from '../../trio/errors.ts';
import { parseFacts } from '../../trio/image/facts.ts';
import { kernelOf, type Kernel } from '../pagecache/kernel.ts';
import type { Image } from '../systems/image.ts';
import { imageView } from '../workload/image-view.ts';
import { loadProgram } from './load-program.ts';
import { loadRetouched } from './load-retouched.ts';
import type { Program } from '../workload/program.ts';

/** What was recorded of a workload, as the simulator takes it. */
export interface RecordedStart {
  readonly image: Image;
  readonly program: Program;
  readonly kernel: Kernel;
  /** The same program with what it touches again; without it, there can be no memory limit. */
  readonly retouched?: Program | undefined;
}

/**
 * Reads the image's facts, what the program does (`touch.trace`) and how long it takes for it (`warm.trace`).
 *
 * @param folder       laid out as golden/<guest>/<workload>
 * @param limitsMemory  read `retouched` too
 * @throws TrioError `NOT_RECORDED`, `BAD_FACTS`, `BAD_RECORDING`, `UNKNOWN_KERNEL`, `EMPTY_TRACE`, `OTHER_IMAGE`, and those of traces
 */
export async function readStart(folder: string, limitsMemory = false): Promise<RecordedStart> {
  const imageFile = join(folder, 'image.json.zst');
  const image = imageView(parseFacts(zstdDecompressSync(await read(imageFile)).toString(), imageFile));
  const program = await loadProgram(folder);
  const kernel = kernelOf(program.kernelRelease);
  if (!kernel)
    throw new TrioError(
      'UNKNOWN_KERNEL',
      `there is no model of the page cache of Linux ${program.kernelRelease}`,
    );
  checkImage(program, image, folder);
  const retouched = limitsMemory ? await loadRetouched(folder) : undefined;
  return { image, kernel, program, retouched };
}

/** Whether the traced program ran on this image: the image has all files that it opened there. */
function checkImage({ files }: Program, image: Image, folder: string): void {
  if (!files.some(({ ofImage }) => ofImage))
    throw new TrioError('EMPTY_TRACE', `${folder}: the trace has no access to a file of the image`);
  const missing = files.find(({ path, ofImage }) => ofImage && path !== undefined && !image.file(path));
  if (missing)
    throw new TrioError(
      'OTHER_IMAGE',
      `${folder}: the trace is of a start on another image: it has ${missing.path}, which the image has not`,
    );
}

async function read(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new TrioError('NOT_RECORDED', `${file} cannot be read; npm run golden:record makes it`, { cause });
  });
}

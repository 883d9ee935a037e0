import { pageBytes } from '../pagecache/page.ts';
import type { Image } from '../systems/image.ts';
import type { Recording } from '../systems/system.ts';
import { pagesOf } from '../workload/needed-pages.ts';
import type { Program } from '../workload/program.ts';
import { stepKind } from '../workload/steps.ts';

const recordings = new WeakMap<Program, WeakMap<Image, Recording>>();

/** What a tracker would have recorded of a program: the pages of the image's files that it touches, and the names. */
export function recordingOf(program: Program, image: Image): Recording {
  let ofProgram = recordings.get(program);
  if (!ofProgram) recordings.set(program, (ofProgram = new WeakMap<Image, Recording>()));
  let recording = ofProgram.get(image);
  if (!recording) ofProgram.set(image, (recording = record(program, image)));
  return recording;
}

function record(program: Program, image: Image): Recording {
  const files = program.files.map(({ path, ofImage }) =>
    path !== undefined && ofImage && image.file(path) ? { path, pages: new Set<number>() } : undefined,
  );
  const runs: { path: string; firstPage: number; pages: number }[] = [];
  const lookups = new Set<string>();
  for (let step = 0; step < program.steps; step++) {
    const path = program.path[step]!;
    if (program.kind[step] === stepKind.lookup && path >= 0) addPath(lookups, program.paths[path]!);
    const file = files[program.file[step]!];
    const needed = file && pagesOf(program, step);
    if (!needed || program.kind[step] === stepKind.readPage) continue;
    for (let page = needed.first; page < needed.end; page++) {
      if (file.pages.has(page)) continue;
      file.pages.add(page);
      const last = runs.at(-1);
      if (last?.path === file.path && last.firstPage + last.pages === page) last.pages++;
      else runs.push({ path: file.path, firstPage: page, pages: 1 });
    }
  }
  return { runs, lookups: [...lookups] };
}

/** Unique page bytes of the image's files that the program's own accesses touch. */
export function neededBytes({ runs }: Recording): number {
  return runs.reduce((sum, { pages }) => sum + pages, 0) * pageBytes;
}

/** The path and the folders that it is in. */
function addPath(paths: Set<string>, path: string): void {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const part = path.slice(0, end);
    if (paths.has(part)) return;
    paths.add(part);
  }
}

import type { Command } from 'commander';
import { usageError } from '../../trio/errors.ts';
import {
  checkUserImage,
  listWorkloads,
  loadWorkload,
  parseReadiness,
  userImage,
  workloadImage,
  type BuiltImage,
} from '../images/index.ts';
import type { Progress } from '../progress.ts';
import { namesOf } from './command.ts';

/** What a command line says of the images to start. */
export interface ImageOptions {
  readonly workload?: string;
  readonly image?: string;
  readonly cmd?: string;
  readonly ready?: string;
}

/** Adds the options of {@link ImageOptions}. */
export function withImageOptions(program: Command): Command {
  return program
    .option('--workload <names>', 'comma-separated, or "all" (default: nginx)')
    .option('--image <reference>', 'an image of your own: oci:DIR:TAG or docker-archive:FILE')
    .option('--cmd <command>', "the image's command, split at spaces (default: what the image says)")
    .option('--ready <condition>', 'when it is ready: http:PORT/path, tcp:PORT, exit:CODE or log:REGEX');
}

/** Checks what is to be started; each function then builds one image. */
export async function imagesOf(
  options: ImageOptions,
): Promise<((progress: Progress) => Promise<BuiltImage>)[]> {
  const own = options.image;
  if (own === undefined) {
    if (options.cmd !== undefined || options.ready !== undefined)
      throw usageError('NO_IMAGE', '--cmd and --ready go with --image');
    const names =
      options.workload === 'all' ? await listWorkloads() : namesOf(options.workload ?? 'nginx', 'workload');
    for (const name of names) await loadWorkload(name);
    return names.map((name) => (progress) => workloadImage(name, progress));
  }
  if (options.workload !== undefined)
    throw usageError('BOTH_IMAGES', '--image and --workload exclude each other');
  if (options.ready === undefined)
    throw usageError('NO_READINESS', '--image needs --ready: when does it count as started?');
  const ready = parseReadiness(options.ready);
  await checkUserImage(own);
  const cmd = options.cmd?.split(/\s+/).filter(Boolean);
  return [(progress) => userImage(own, { ready, ...(cmd ? { cmd } : {}) }, progress)];
}

/** Builds the images one after the other: the next may need what the one before has built. */
export async function inTurn(
  build: readonly ((progress: Progress) => Promise<BuiltImage>)[],
  progress: Progress,
): Promise<BuiltImage[]> {
  const images: BuiltImage[] = [];
  for (const image of build) images.push(await image(progress));
  return images;
}

/** Waits for both, also when one fails: a build is never left running behind an error message. */
export async function bothDone<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

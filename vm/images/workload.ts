import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TrioError, usageError } from '../../trio/errors.ts';
import { nearest } from './nearest.ts';
import { readinessSchema } from './readiness.ts';

/** Where the workloads that come with the testbed live: one folder each, `workload.json` and `rootfs/`. */
export const workloadsFolder = join(import.meta.dirname, 'workloads');

/** Others, on which the simulator was judged only when its model was made; "all" leaves them out. */
export const heldOutFolder = join(import.meta.dirname, 'held-out');

/** What a workload is: Debian packages, files of its own on top (`rootfs/`), a command, and when it is ready. */
export const workloadSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case letters, digits and single dashes'),
  description: z.string().min(1),
  /** Debian package names (of the suite that all workloads share). */
  packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, 'not a Debian package name')),
  /** The program and its arguments; run as root, on the host's network, without a terminal. */
  command: z.array(z.string().min(1)).min(1),
  /** Beside PATH. */
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a variable name'), z.string()).default({}),
  readiness: readinessSchema,
  /** Folders of `rootfs/` (absolute paths in the container) whose package-lock.json is installed with `npm ci`. */
  npm: z.array(z.string().regex(/^(\/[\w.-]+)+$/, 'not an absolute path')).default([]),
});

/** A workload, checked, and the folder that it was read from. */
export interface Workload extends z.output<typeof workloadSchema> {
  readonly folder: string;
}

/** Names of all workloads in `folder`, sorted. */
export async function listWorkloads(folder: string = workloadsFolder): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/**
 * Reads and checks one workload.
 *
 * @throws TrioError `UNKNOWN_WORKLOAD` (exit code 2) naming the nearest and all known ones, or `BAD_WORKLOAD` with
 *   every field that is wrong
 */
export async function loadWorkload(
  name: string,
  folders: readonly string[] = [workloadsFolder, heldOutFolder],
): Promise<Workload> {
  const known: string[] = [];
  let folder: string | undefined;
  for (const each of folders) {
    const names = await listWorkloads(each);
    if (names.includes(name)) folder = each;
    known.push(...names);
  }
  if (folder === undefined) {
    const guess = nearest(name, known);
    const meant = guess ? ` Did you mean ${guess}?` : '';
    throw usageError('UNKNOWN_WORKLOAD', `unknown workload "${name}".${meant} Known: ${known.join(', ')}`);
  }
  const file = join(folder, name, 'workload.json');
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TrioError('BAD_WORKLOAD', `cannot read ${file}: ${why}`, { cause: error });
  }
  const parsed = workloadSchema.safeParse(json);
  if (!parsed.success) throw new TrioError('BAD_WORKLOAD', `${file}:\n${z.prettifyError(parsed.error)}`);
  if (parsed.data.name !== name)
    throw new TrioError(
      'BAD_WORKLOAD',
      `${file}: the name is "${parsed.data.name}" but the folder is "${name}"`,
    );
  return { ...parsed.data, folder: join(folder, name) };
}

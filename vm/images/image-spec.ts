import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { usageError } from '../../trio/errors.ts';
import { parseLayoutSpec } from '../../trio/image/oci-layout.ts';

/** Where a user's image is. */
export type ImageSpec = { /** Repository name in the guest's registry. */ readonly name: string } & (
  | { readonly kind: 'layout'; readonly folder: string; readonly tag: string | undefined }
  | { readonly kind: 'archive'; readonly file: string; readonly reference: string | undefined }
);

const forms = 'write oci:DIR:TAG, docker-archive:FILE[:NAME:TAG], or the path of a docker archive';

/**
 * Reads what `--image` was given. A path without a prefix is looked at: a folder is a layout, a file an archive.
 *
 * @throws TrioError `BAD_IMAGE_SPEC` or `IMAGE_MISSING` (exit code 2)
 */
export async function parseImageSpec(spec: string): Promise<ImageSpec> {
  if (spec.startsWith('oci:')) {
    const { folder, tag } = parseLayoutSpec(spec);
    return { kind: 'layout', folder, tag, name: repositoryName(folder) };
  }
  const archive = /^docker-archive:([^:]+)(?::(.+))?$/.exec(spec);
  if (archive?.[1]) {
    const file = archive[1];
    if (!(await stat(file).catch(() => undefined))?.isFile())
      throw usageError('IMAGE_MISSING', `${file} is no file; ${forms}`);
    return { kind: 'archive', file, reference: archive[2], name: repositoryName(file) };
  }
  const scheme = /^([a-z-]+):/.exec(spec)?.[1];
  const there = await stat(spec).catch(() => undefined);
  if (there?.isDirectory())
    return { kind: 'layout', folder: spec, tag: undefined, name: repositoryName(spec) };
  if (there?.isFile())
    return { kind: 'archive', file: spec, reference: undefined, name: repositoryName(spec) };
  if (scheme || spec.trim() === '')
    throw usageError('BAD_IMAGE_SPEC', `cannot take an image from "${spec}"; ${forms}`);
  throw usageError('IMAGE_MISSING', `there is no ${spec}; ${forms} (images are not pulled from registries)`);
}

/** A valid repository name made of a path's last part. */
export function repositoryName(path: string): string {
  const stem = basename(path).replace(/(\.(tar|tgz|gz|oci))+$/, '');
  return (
    stem
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'image'
  );
}

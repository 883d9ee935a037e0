import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseImageSpec, repositoryName } from '../../../vm/images/image-spec.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spec-'));
  await writeFile(join(folder, 'My App.tar'), '');
});
afterAll(() => rm(folder, { recursive: true }));

describe('parseImageSpec', () => {
  it('reads the three forms', async () => {
    const file = join(folder, 'My App.tar');
    expect(await parseImageSpec('oci:some/dir:v1')).toEqual({
      kind: 'layout',
      folder: 'some/dir',
      tag: 'v1',
      name: 'dir',
    });
    expect(await parseImageSpec(`docker-archive:${file}:app:v1`)).toEqual({
      kind: 'archive',
      file,
      reference: 'app:v1',
      name: 'my-app',
    });
    expect(await parseImageSpec(file)).toEqual({
      kind: 'archive',
      file,
      reference: undefined,
      name: 'my-app',
    });
    expect(await parseImageSpec(folder)).toMatchObject({ kind: 'layout', folder, tag: undefined });
  });

  it.each([
    ['', 'BAD_IMAGE_SPEC'],
    ['oci:', 'BAD_IMAGE_SPEC'],
    ['docker-archive:', 'BAD_IMAGE_SPEC'],
    ['docker-archive:/no/such.tar', 'IMAGE_MISSING'],
    ['nginx', 'IMAGE_MISSING'],
  ])('refuses %j', async (spec, code) => {
    const error = await parseImageSpec(spec).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, exitCode: 2 });
  });
});

it.each([
  ['/x/app.tar.gz', 'app'],
  ['App_1.2', 'app-1-2'],
  ['...', 'image'],
])('repositoryName of %s', (path, name) => expect(repositoryName(path)).toBe(name));

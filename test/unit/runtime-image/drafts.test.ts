import { readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withDrafts } from '../../../trio/image/drafts.ts';
import { temporaryFolder } from './folders.ts';

it('names what was published, and replaces what was there', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'a'), 'old');
  await withDrafts(folder, async (create) => {
    const [published, forgotten] = [await create(), await create()];
    await published.file.writeFile('new');
    await forgotten.file.writeFile('none');
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old');
    await published.settle();
    published.publish('a');
  });
  expect(await readdir(folder)).toEqual(['a']);
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('new');
});

it('leaves nothing of a failure', async () => {
  const folder = await temporaryFolder();
  const failing = withDrafts(folder, async (create) => {
    await (await create()).file.writeFile('half');
    throw new Error('stopped');
  });
  await expect(failing).rejects.toThrow('stopped');
  expect(await readdir(folder)).toEqual([]);
});

it('has a draft at once, so that a signal never comes while one is about to be there', async () => {
  const folder = await temporaryFolder();
  await withDrafts(folder, async (create) => {
    const creating = create();
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.partial-/)]);
    await creating;
  });
});

it('says where it cannot write', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), '');
  const below = join(folder, 'file/out');
  await expect(withDrafts(below, () => Promise.resolve())).rejects.toThrow(
    `cannot write to ${below}: ENOTDIR`,
  );
  await mkdir(join(folder, 'out/a'), { recursive: true });
  const over = withDrafts(join(folder, 'out'), async (create) => (await create()).publish('a'));
  await expect(over).rejects.toThrow('EISDIR');
});

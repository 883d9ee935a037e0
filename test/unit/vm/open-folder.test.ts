import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeOpenFolder } from '../../../vm/tools/open-folder.ts';

describe('a folder that every user can get to', () => {
  let top = '';
  const closed = () => join(top, 'closed');
  const open = () => join(top, 'open');

  beforeEach(async () => {
    top = await mkdtemp('/tmp/open-folder-');
    await chmod(top, 0o755);
    await mkdir(join(closed(), 'open'), { recursive: true });
    await mkdir(open());
    for (const folder of [join(closed(), 'open'), open()]) await chmod(folder, 0o755);
    await chmod(closed(), 0o700);
  });
  afterEach(() => rm(top, { recursive: true }));

  it('is made in the first place that allows it, all above it counted', async () => {
    const made = await makeOpenFolder('x-', [join(closed(), 'open'), join(top, 'missing'), open()]);
    expect(dirname(made)).toBe(open());
    expect((await stat(made)).mode & 0o777).toBe(0o755);
  });

  it('is not made anywhere else', async () => {
    await expect(makeOpenFolder('x-', [join(closed(), 'open')])).rejects.toMatchObject({
      code: 'NO_OPEN_FOLDER',
    });
  });
});

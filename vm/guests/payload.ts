import { execa } from 'execa';
import { copyFile, mkdir, rm, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { payloadBytes } from '../qemu/machine.ts';
import { SOURCE_DATE_EPOCH } from '../tools/debian-root.ts';

/**
 * Makes the device that a scenario brings along: a tar of `files` (path in the payload → file on the host) in a file
 * of exactly `payloadBytes`. Same files, same bytes.
 *
 * @throws TrioError `PAYLOAD_TOO_LARGE`
 */
export async function makePayload(files: Readonly<Record<string, string>>, image: string): Promise<void> {
  const tree = `${image}.tree`;
  try {
    for (const [name, source] of Object.entries(files)) {
      await mkdir(dirname(join(tree, name)), { recursive: true });
      await copyFile(source, join(tree, name));
    }
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
    const order = ['--sort=name', `--mtime=@${SOURCE_DATE_EPOCH}`];
    await execa('tar', ['-C', tree, ...owner, ...order, '-cf', image, '.']);
    const { stdout } = await execa('stat', ['--format=%s', image]);
    if (Number(stdout) > payloadBytes)
      throw new TrioError('PAYLOAD_TOO_LARGE', `a payload takes ${payloadBytes} bytes, not ${stdout}`);
    await truncate(image, payloadBytes);
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

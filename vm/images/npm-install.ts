import { execa } from 'execa';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';

/**
 * Installs exactly what a folder's package-lock.json says (`npm ci`), without running any package's scripts.
 *
 * @throws TrioError `NPM_MISSING` or `NPM_FAILED` with npm's last lines
 */
export async function npmInstall(folder: string): Promise<void> {
  const args = ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
  const result = await execa('npm', args, { cwd: folder, reject: false, all: true, stdin: 'ignore' });
  if (result.code === 'ENOENT')
    throw new TrioError('NPM_MISSING', 'npm not found: it installs the libraries of Node.js workloads');
  if (result.failed) {
    const last = result.all.trim().split('\n').slice(-6).join('\n');
    throw new TrioError('NPM_FAILED', `npm ci failed in ${folder}: ${last}`);
  }
  // npm's note to itself: names the registry that it used, and node does not read it.
  await rm(join(folder, 'node_modules/.package-lock.json'), { force: true });
}

import { mkdirSync } from 'node:fs';
import { diskDevice } from './disks.ts';
import { run } from './process.ts';

/** Unpacks what the host sent along with the scenario; returns the folder. */
export function loadPayload(): string {
  const folder = '/run/trio/payload';
  mkdirSync(folder, { recursive: true });
  run('tar', '-C', folder, '-xf', diskDevice('payload'));
  return folder;
}

/** Hands a folder to the host. Same files, same bytes. */
export function writeOutput(folder: string): void {
  run(
    'tar',
    '-C',
    folder,
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '-cf',
    diskDevice('output'),
    '.',
  );
  run('sync');
}

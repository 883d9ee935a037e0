import { expect, it } from 'vitest';
import { mountsBelow } from '../../../vm/tools/mounts.ts';

const line = (id: number, path: string) => `${id} 22 0:5 / ${path} rw,relatime shared:1 - tmpfs tmpfs rw\n`;

it('what is mounted below a folder, the innermost first', () => {
  const paths = [
    '/',
    '/tmp/a',
    '/tmp/a/root/dev',
    '/tmp/ab/proc',
    '/tmp/a/root/dev/shm',
    '/tmp/a/b\\040\\134c',
  ];
  const mountinfo = paths.map((path, n) => line(n, path)).join('');
  expect(mountsBelow('/tmp/a', mountinfo)).toEqual([
    '/tmp/a/b \\c',
    '/tmp/a/root/dev/shm',
    '/tmp/a/root/dev',
  ]);
});

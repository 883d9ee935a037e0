import { expect, it } from 'vitest';
import { isLeftOut } from '../../../vm/images/left-out.ts';

it.each([
  ['dev/null', 'character-device'],
  ['etc/hostname', 'file'],
  ['etc/apt/sources.list', 'file'],
  ['etc/shadow-', 'file'],
  ['var/log/dpkg.log', 'file'],
  ['var/log/journal', 'directory'],
  ['var/cache/ldconfig/aux-cache', 'file'],
  ['usr/share/doc/bash/README', 'file'],
  ['usr/share/man/man1/ls.1.gz', 'file'],
])('leaves out %s', (path, type) => expect(isLeftOut(path, type)).toBe(true));

it.each([
  ['dev', 'directory'],
  ['tmp', 'directory'],
  ['etc/shadow', 'file'],
  ['etc/hosts.allow', 'file'],
  ['var/log/nginx', 'directory'],
  ['var/lib/dpkg/status', 'file'],
  ['usr/share/doc/bash/copyright', 'file'],
  ['usr/share/man/man1', 'directory'],
  ['usr/lib/python3/dist-packages/run/x', 'file'],
])('keeps %s', (path, type) => expect(isLeftOut(path, type)).toBe(false));

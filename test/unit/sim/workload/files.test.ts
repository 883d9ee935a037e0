import { expect, it } from 'vitest';
import { RunFiles } from '../../../../sim/workload/files.ts';

const device = 0x10300000;
const blockDevices = 3;

it('takes the inode that has the number of a device for that device, whichever comes first', () => {
  const before = new RunFiles();
  before.of(blockDevices, device, 0);
  before.of(device, 12, 4096);
  const after = new RunFiles();
  after.of(device, 12, 4096);
  after.of(blockDevices, device, 0);
  const kind = ({ ino, isDevice, ofImage }: RunFiles['list'][number]) => ({ ino, isDevice, ofImage });
  const file = { ino: 12, isDevice: false, ofImage: true };
  const metadata = { ino: device, isDevice: true, ofImage: false };
  expect(before.list.map(kind)).toEqual([metadata, file]);
  expect(after.list.map(kind)).toEqual([file, metadata]);
});

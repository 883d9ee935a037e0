import { crc32c } from '@node-rs/crc32';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { names } from '../../../trio/image/contents.ts';
import { checkData } from '../../../trio/image/data-check.ts';
import { extent, headerBytes } from '../../../trio/image/layout.ts';
import { checkRecords } from '../../../trio/image/meta-check.ts';
import { ImageMeta } from '../../../trio/image/meta-reader.ts';
import { openMeta, verifyRuntimeImage } from '../../../trio/image/verify.ts';
import { changeMeta, dataPath, fixChecksums, metaPath, place, smallImage } from './small-image.ts';

describe('a right runtime image', () => {
  it('verifies, and says all its names', async () => {
    const meta = await verifyRuntimeImage(await smallImage());
    const list = [...names(meta)].map(
      (entry) => `${entry.layer} ${entry.path} ${entry.inode === undefined ? '-' : entry.inode}`,
    );
    expect(list).toEqual([
      '0 / 0',
      '0 /etc 1',
      '0 /etc/a 3',
      '0 /etc/b 3',
      '0 /link 2',
      '1 / 4',
      '1 /big 5',
      '1 /etc 6',
      '1 /etc/a -',
      '1 /etc/gone 7',
      '1 /link -',
    ]);
  });
});

it('finds data that fit the checksums of their extents, but not their hash', async () => {
  const folder = await smallImage();
  const data = await readFile(dataPath(folder));
  data[4096]! ^= 1;
  await writeFile(dataPath(folder), data);
  await changeMeta(folder, (meta) => {
    const crcOf = (page: number) => crc32c(data.subarray(4096 * page, 4096 * (page + 1)));
    for (let index = 0; index < 3; index++) {
      const at = place(meta, 'extents', index);
      meta.writeUInt32LE(crcOf(meta.readUInt32LE(at + extent.at.data_page)), at + extent.at.crc32c);
    }
  });
  await expect(verifyRuntimeImage(folder)).rejects.toThrow(
    'trio_data: at byte 0: the data have the SHA-256 ',
  );
});

describe('flipping any single bit', () => {
  it('of the metadata is found', async () => {
    const folder = await smallImage();
    const meta = await readFile(metaPath(folder));
    const missed: number[] = [];
    for (let bit = 0; bit < 8 * meta.length; bit++) {
      const flipped = Buffer.from(meta);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      try {
        checkRecords(new ImageMeta(flipped, 'flipped'));
        missed.push(bit);
      } catch (error) {
        if (!String(error).startsWith('TrioError: flipped: at byte')) throw error;
      }
    }
    expect(missed).toEqual([]);
  });

  it('of the metadata, the checksums being made for it, never leads a reader astray', async () => {
    const folder = await smallImage();
    const meta = await readFile(metaPath(folder));
    let accepted = 0;
    for (let bit = 8 * headerBytes; bit < 8 * meta.length; bit++) {
      const flipped = Buffer.from(meta);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      fixChecksums(flipped);
      try {
        const parsed = new ImageMeta(flipped, 'flipped');
        checkRecords(parsed);
        // Other content, but sound: it can be walked.
        if ([...names(parsed)].length > 0) accepted++;
      } catch (error) {
        if (!String(error).startsWith('TrioError: flipped: at byte')) throw error;
      }
    }
    expect(accepted).toBeGreaterThan(0);
  });

  // Each bit of all 12 288 bytes: seconds, more on a busy machine.
  it('of the data is found', { timeout: 60_000 }, async () => {
    const folder = await smallImage();
    const meta = await openMeta(folder);
    const data = await readFile(dataPath(folder));
    const read = (piece: Buffer, at: number) => {
      data.copy(piece, 0, at, at + piece.length);
      return Promise.resolve();
    };
    const source = { path: 'flipped', bytes: data.length, read };
    const missed: number[] = [];
    for (let bit = 0; bit < 8 * data.length; bit++) {
      data[bit >> 3]! ^= 1 << (bit & 7);
      try {
        await checkData(meta, source);
        missed.push(bit);
      } catch (error) {
        if (!/^TrioError: flipped: at byte \d+: .*damaged/.test(String(error))) throw error;
      }
      data[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(missed).toEqual([]);
    await checkData(meta, source);
  });

  it.each([
    ['trio_meta', metaPath],
    ['trio_data', dataPath],
  ] as const)('of the file %s is found', async (name, pathOf) => {
    const folder = await smallImage();
    const path = pathOf(folder);
    const bytes = await readFile(path);
    // Its ends, and places between: that the files are read as the two checks above read the memory.
    for (const share of [0, 0.1, 0.3, 0.5, 0.8, 1]) {
      const at = Math.floor(share * (bytes.length - 1));
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 0x80;
      await writeFile(path, flipped);
      await expect(verifyRuntimeImage(folder)).rejects.toThrow(`${name}: at byte `);
    }
    await writeFile(path, bytes);
    await verifyRuntimeImage(folder);
  });
});

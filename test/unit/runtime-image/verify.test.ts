import { open, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { names } from '../../../trio/image/contents.ts';
import { headerBytes } from '../../../trio/image/layout.ts';
import { checkRecords } from '../../../trio/image/meta-check.ts';
import { ImageMeta } from '../../../trio/image/meta-reader.ts';
import { verifyRuntimeImage } from '../../../trio/image/verify.ts';
import { dataPath, fixChecksums, metaPath, smallImage } from './small-image.ts';

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

  it('of the data is found', async () => {
    const folder = await smallImage();
    const data = await readFile(dataPath(folder));
    const file = await open(dataPath(folder), 'r+');
    const missed: number[] = [];
    // Each bit of the padded page's edge, and one bit of each 61 bytes of the rest: CRC32C finds every single one.
    for (let at = 0; at < data.length; at += at > 880 && at < 930 ? 1 : 61) {
      const bit = at % 8;
      await file.write(Buffer.from([data[at]! ^ (1 << bit)]), 0, 1, at);
      await verifyRuntimeImage(folder).then(
        () => missed.push(at),
        (error: unknown) => {
          if (!/trio_data: at byte \d+: .*(damaged|not zero)/.test(String(error))) throw error;
        },
      );
      await file.write(data, at, 1, at);
    }
    await file.close();
    expect(missed).toEqual([]);
    await verifyRuntimeImage(folder);
  });
});

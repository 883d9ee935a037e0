import { createHash, type Hash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

const bufferBytes = 1 << 20;
/** A longer piece is not worth a copy. */
const copiedBytesMax = 128 << 10;

/**
 * Writes a file from pieces at any position and tells its SHA-256. Small neighbouring pieces go out in one write. The
 * calls are synchronous, for a copy between page caches takes less time than to hand it to another thread; who has many
 * pieces lets others run in between. Only if the pieces do not come from the beginning to the end must the file be read
 * again to be hashed.
 */
export class DataWriter {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #start = 0;
  #used = 0;
  #hash: Hash | undefined = createHash('sha256');
  #hashedBytes = 0;

  constructor(file: FileHandle) {
    this.#fd = file.fd;
  }

  /** The piece may change afterwards. */
  write(at: number, piece: Uint8Array): void {
    const isNext = at === this.#start + this.#used;
    if (!isNext || this.#used + piece.length > bufferBytes || piece.length > copiedBytesMax) {
      this.#flush();
      this.#start = at;
    }
    if (piece.length > copiedBytesMax) {
      this.#out(piece);
      return;
    }
    this.#buffer.set(piece, this.#used);
    this.#used += piece.length;
  }

  /** The SHA-256 is of the file as it then is, `fileBytes` long. */
  finish(fileBytes: number): Buffer {
    this.#flush();
    return this.#hash && this.#hashedBytes === fileBytes ? this.#hash.digest() : this.#hashFile();
  }

  #flush(): void {
    const full = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    this.#out(full);
  }

  /** Writes at the place where the next piece goes. */
  #out(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#start + done);
    if (this.#start === this.#hashedBytes) this.#hash?.update(bytes);
    else if (bytes.length > 0) this.#hash = undefined;
    this.#hashedBytes += bytes.length;
    this.#start += bytes.length;
  }

  #hashFile(): Buffer {
    const hash = createHash('sha256');
    for (let at = 0; ;) {
      const gotBytes = readSync(this.#fd, this.#buffer, 0, bufferBytes, at);
      if (gotBytes === 0) return hash.digest();
      hash.update(this.#buffer.subarray(0, gotBytes));
      at += gotBytes;
    }
  }
}

import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const bufferBytes = 4 << 20;

/**
 * Writes a file from pieces at any position and tells its SHA-256. Neighbouring pieces go out in large writes, one of
 * which runs while the next is filled and the last is hashed. Only if the pieces do not come from the beginning to the
 * end must the file be read again to be hashed.
 */
export class DataWriter {
  readonly #file: FileHandle;
  #buffer = Buffer.allocUnsafe(bufferBytes);
  #spare = Buffer.allocUnsafe(bufferBytes);
  #start = 0;
  #used = 0;
  #writing: Promise<void> = Promise.resolve();
  #hash: Hash | undefined = createHash('sha256');
  #hashedBytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The piece is copied before the promise resolves. */
  async write(at: number, piece: Uint8Array): Promise<void> {
    if (at !== this.#start + this.#used) {
      await this.#flush();
      this.#start = at;
    }
    for (let done = 0; done < piece.length;) {
      const part = piece.subarray(done, done + bufferBytes - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
      done += part.length;
      if (this.#used === bufferBytes) await this.#flush();
    }
  }

  /** Waits for all writes; the SHA-256 is of the file as it then is, `fileBytes` long. */
  async finish(fileBytes: number): Promise<Buffer> {
    await this.#flush();
    await this.#writing;
    return this.#hash && this.#hashedBytes === fileBytes ? this.#hash.digest() : this.#hashFile();
  }

  async #flush(): Promise<void> {
    const full = this.#buffer.subarray(0, this.#used);
    if (full.length === 0) return;
    await this.#writing; // else the spare buffer may still be in use
    this.#writing = writeAll(this.#file, full, this.#start);
    this.#writing.catch(() => {}); // reported by who waits for it next
    if (this.#start === this.#hashedBytes) this.#hash?.update(full);
    else this.#hash = undefined;
    this.#hashedBytes += full.length;
    this.#start += full.length;
    this.#used = 0;
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
  }

  async #hashFile(): Promise<Buffer> {
    const hash = createHash('sha256');
    for (let at = 0; ;) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, bufferBytes, at);
      if (bytesRead === 0) return hash.digest();
      hash.update(this.#buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}

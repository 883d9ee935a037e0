/** Waits for signals and does nothing else: what the calibration's containers run. */
export function pauseProgram(): Buffer {
  return staticProgram([
    ...[0xb8, 34, 0, 0, 0], // mov eax, SYS_pause
    ...[0x0f, 0x05], // syscall
    ...[0xeb, 0xf7], // jmp back to the start
  ]);
}

/** Computes without end, as a program does that has just been executed and has all it needs. */
export function spinProgram(): Buffer {
  return staticProgram([0xeb, 0xfe]); // jmp to itself
}

/**
 * A static x86-64 program of one page, so that next to nothing of a start is the program's own. Written by hand, since a
 * compiler's smallest program is hundreds of times that.
 */
function staticProgram(code: readonly number[]): Buffer {
  const address = 0x400000n;
  const headerBytes = 64;
  const start = headerBytes + 56; // behind the one program header
  const elf = Buffer.alloc(start + code.length);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bit, little-endian, version 1
  elf.writeUInt16LE(2, 16); // an executable
  elf.writeUInt16LE(62, 18); // x86-64
  elf.writeUInt32LE(1, 20);
  elf.writeBigUInt64LE(address + BigInt(start), 24); // where it begins
  elf.writeBigUInt64LE(BigInt(headerBytes), 32); // the program headers
  elf.writeUInt16LE(headerBytes, 52);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, headerBytes); // load
  elf.writeUInt32LE(5, headerBytes + 4); // read and execute
  elf.writeBigUInt64LE(address, headerBytes + 16);
  elf.writeBigUInt64LE(address, headerBytes + 24);
  elf.writeBigUInt64LE(BigInt(elf.length), headerBytes + 32);
  elf.writeBigUInt64LE(BigInt(elf.length), headerBytes + 40);
  elf.writeBigUInt64LE(4096n, headerBytes + 48);
  elf.set(code, start);
  return elf;
}

import type { Field } from './records.ts';
import type { RecordWindow } from './record-window.ts';

/** Small numbers for kernel addresses, from 0 in order of first appearance: 64 bits are more than a number holds. */
export class AddressIds {
  readonly #ids = new Map<number | bigint, number>();
  #count = 0;

  /** The id that stands for the address in that field. */
  of(window: RecordWindow, field: Field<'u64'>): number {
    const address = key(window, field);
    return this.#ids.get(address) ?? this.#give(address);
  }

  /** A new id for the address: what had it before is gone. */
  begin(window: RecordWindow, field: Field<'u64'>): number {
    return this.#give(key(window, field));
  }

  #give(address: number | bigint): number {
    const id = this.#count++;
    this.#ids.set(address, id);
    return id;
  }
}

/**
 * All kernel addresses begin with 11 set bits; what follows fits into a number. Others, which do not occur, are
 * compared as they are.
 */
function key({ view, at }: RecordWindow, { offset }: Field<'u64'>): number | bigint {
  const high = view.getUint32(at + offset + 4, true);
  if (high >>> 21 !== 0x7ff) return view.getBigUint64(at + offset, true);
  return (high & 0x1fffff) * 2 ** 32 + view.getUint32(at + offset, true);
}

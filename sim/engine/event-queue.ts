import type { Actor } from './actor.ts';

// A handle is a slot and how often it was used, in one number below 2^53.
const maxSlots = 2 ** 24;
const usesMask = 2 ** 29 - 1;

/**
 * Waiting events in their total order: time, then priority, source, and the sequence number that the source gave.
 * A heap of slots, each above four, over typed arrays; nothing is allocated per event once the arrays are large enough.
 */
export class EventQueue {
  #length = 0;
  #capacity = 0;
  /** The heap, and behind it the free slots: a permutation of all slots. */
  #heap = new Int32Array(0);
  /** Per slot, its place in the heap; -1: free. */
  #places = new Int32Array(0);
  /** By place, as the heap: a comparison seldom needs more. */
  #times = new Float64Array(0);
  #priorities = new Int32Array(0);
  #sources = new Int32Array(0);
  #sequences = new Float64Array(0);
  #signals = new Int32Array(0);
  #args = new Float64Array(0);
  /** Per slot, how often it was used: tells an old handle from a new one. */
  #uses = new Int32Array(0);
  readonly #actors: Actor[] = [];

  get length(): number {
    return this.#length;
  }

  /** The time of the first event; Infinity if there is none. */
  get firstTime(): number {
    return this.#length === 0 ? Infinity : this.#times[0]!;
  }

  /** @returns a handle for `cancel` */
  push(
    time: number,
    priority: number,
    source: number,
    sequence: number,
    actor: Actor,
    signal: number,
    arg: number,
  ): number {
    if (this.#length === this.#capacity) this.#grow();
    const place = this.#length++;
    const slot = this.#heap[place]!;
    this.#priorities[slot] = priority;
    this.#sources[slot] = source;
    this.#sequences[slot] = sequence;
    this.#actors[slot] = actor;
    this.#signals[slot] = signal;
    this.#args[slot] = arg;
    const use = (this.#uses[slot]! + 1) & usesMask;
    this.#uses[slot] = use;
    this.#up(place, slot, time);
    return use * maxSlots + slot;
  }

  /** Takes an event out before its time; false if it is not there any more. */
  cancel(handle: number): boolean {
    const slot = handle % maxSlots;
    const place = this.#places[slot] ?? -1;
    if (place < 0 || this.#uses[slot] !== Math.floor(handle / maxSlots)) return false;
    this.#removeAt(place);
    return true;
  }

  /**
   * Takes the first event out. Its slot stays readable, with `actor`, `signal` and `arg`, until the next `push`.
   *
   * @returns the slot
   */
  pop(): number {
    if (this.#length === 0) throw new Error('no event is waiting');
    const slot = this.#heap[0]!;
    this.#removeAt(0);
    return slot;
  }

  actor(slot: number): Actor {
    return this.#actors[slot]!;
  }

  signal(slot: number): number {
    return this.#signals[slot]!;
  }

  arg(slot: number): number {
    return this.#args[slot]!;
  }

  #removeAt(place: number): void {
    const slot = this.#heap[place]!;
    const last = --this.#length;
    const moved = this.#heap[last]!;
    this.#places[slot] = -1;
    this.#heap[last] = slot;
    if (place === last) return;
    const movedTime = this.#times[last]!;
    if (place > 0 && this.#up(place, moved, movedTime) !== place) return;
    this.#down(place, moved, movedTime);
  }

  /** Puts a slot where it belongs, at `from` or nearer to the first. */
  #up(from: number, slot: number, time: number): number {
    const heap = this.#heap;
    const times = this.#times;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 2;
      const other = heap[above]!;
      const otherTime = times[above]!;
      if (time > otherTime || (time === otherTime && !this.#before(slot, other))) break;
      this.#set(place, other, otherTime);
      place = above;
    }
    this.#set(place, slot, time);
    return place;
  }

  /** Puts a slot where it belongs, at `from` or farther from the first. */
  #down(from: number, slot: number, time: number): void {
    const length = this.#length;
    const heap = this.#heap;
    const times = this.#times;
    let place = from;
    for (;;) {
      const below = 4 * place + 1;
      if (below >= length) break;
      let first = below;
      let firstTime = times[below]!;
      const end = below + 4 < length ? below + 4 : length;
      for (let i = below + 1; i < end; i++) {
        const otherTime = times[i]!;
        if (otherTime > firstTime || (otherTime === firstTime && !this.#before(heap[i]!, heap[first]!)))
          continue;
        first = i;
        firstTime = otherTime;
      }
      if (firstTime > time || (firstTime === time && this.#before(slot, heap[first]!))) break;
      this.#set(place, heap[first]!, firstTime);
      place = first;
    }
    this.#set(place, slot, time);
  }

  #set(place: number, slot: number, time: number): void {
    this.#heap[place] = slot;
    this.#times[place] = time;
    this.#places[slot] = place;
  }

  /** The order of two events at the same time. */
  #before(a: number, b: number): boolean {
    const order =
      this.#priorities[a]! - this.#priorities[b]! ||
      this.#sources[a]! - this.#sources[b]! ||
      this.#sequences[a]! - this.#sequences[b]!;
    // Which of them came first would be an accident of the heap.
    if (order === 0)
      throw new Error(`two events of source ${this.#sources[a]} have the same place in the order`);
    return order < 0;
  }

  #grow(): void {
    const old = this.#capacity;
    // Most queues are short, and V8 keeps arrays of up to 64 bytes among its objects.
    const capacity = old === 0 ? 8 : Math.max(64, 2 * old);
    if (capacity > maxSlots) throw new Error('too many events are waiting');
    this.#heap = enlarged(this.#heap, new Int32Array(capacity));
    this.#places = enlarged(this.#places, new Int32Array(capacity));
    this.#times = enlarged(this.#times, new Float64Array(capacity));
    this.#priorities = enlarged(this.#priorities, new Int32Array(capacity));
    this.#sources = enlarged(this.#sources, new Int32Array(capacity));
    this.#sequences = enlarged(this.#sequences, new Float64Array(capacity));
    this.#signals = enlarged(this.#signals, new Int32Array(capacity));
    this.#args = enlarged(this.#args, new Float64Array(capacity));
    this.#uses = enlarged(this.#uses, new Int32Array(capacity));
    for (let slot = old; slot < capacity; slot++) {
      this.#heap[slot] = slot;
      this.#places[slot] = -1;
    }
    this.#capacity = capacity;
  }
}

function enlarged<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

import { TrioError } from '../../trio/errors.ts';

/** Of a name, which has a number for each ancestor. */
const nameLengthMost = 1024;

/**
 * The threads of a run by small ids, and by names that mean the same in another run of the same program: a thread is
 * the n-th that its parent made. Threads older than the trace are numbered in the order of their first steps.
 *
 * It takes the order in which one thread makes others to be the program's, which it is but for thread pools that grow
 * by load; a thread that does something else in the other run then finds little to align with.
 */
export class Threads {
  readonly names: string[] = [];
  readonly #ids = new Map<number, number>();
  readonly #children: number[] = [];
  #roots = 0;

  /** The thread that has that tid now. */
  of(tid: number): number {
    return this.#ids.get(tid) ?? this.#add(tid, `${this.#roots++}`);
  }

  /** The same; undefined if it has done nothing yet. */
  known(tid: number): number | undefined {
    return this.#ids.get(tid);
  }

  fork(parentTid: number, childTid: number): number {
    const parent = this.of(parentTid);
    const nth = this.#children[parent]!++;
    return this.#add(childTid, `${this.names[parent]}/${nth}`);
  }

  #add(tid: number, name: string): number {
    if (name.length > nameLengthMost)
      throw new TrioError('BAD_TRACE', `threads that make threads, more than ${nameLengthMost / 2} deep`);
    const id = this.names.push(name) - 1;
    this.#children.push(0);
    this.#ids.set(tid, id);
    return id;
  }
}

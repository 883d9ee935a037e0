/**
 * What events are delivered to: an explicit state machine. `signal` says what happened, as a number that the receiver
 * has chosen; `arg` is the receiver's own, e.g. the number of a request whose state it keeps in an array.
 *
 * Not generators: a resumed generator allocates a result object at each `yield`, and its state cannot be looked at or
 * compared. It costs little time with few of them and about a third of the events per second with ten thousand
 * (test/bench/sim/engine.bench.ts has both). Not closures: one would be allocated per event. So what waits is three
 * values, (actor, signal, arg), wherever it waits.
 */
export interface Actor {
  receive(signal: number, arg: number): void;
}

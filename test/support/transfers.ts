import { Engine } from '../../sim/engine/engine.ts';
import { Connection } from '../../sim/net/connection.ts';
import { Link, type LinkSettings } from '../../sim/net/link.ts';
import { linuxTcp } from '../../sim/net/parameters.ts';
import { atOnce, type Writing } from '../../sim/net/sender.ts';
import type { RandomStream } from '../../sim/engine/random.ts';

/** What a transfer is: so many bytes from the registry's end, on a connection opened at a time. */
export interface Transfer {
  readonly openNs: number;
  readonly bytes: number;
}

export interface TransferTimes {
  readonly connection: Connection;
  openedNs: number;
  writtenNs: number;
  doneNs: number;
}

const begins = 0;
const isOpen = 1;
const isWritten = 2;
const isDone = 3;

/** Runs transfers over one link, each on its own connection; the registry's end sends as soon as a connection is open. */
export function transfer(
  settings: LinkSettings,
  transfers: readonly Transfer[],
  options: { loss?: RandomStream; writing?: Writing } = {},
): { link: Link; engine: Engine; times: TransferTimes[] } {
  const engine = new Engine();
  const link = new Link(engine, settings, options.loss);
  const source = engine.source();
  const times = transfers.map(() => ({
    connection: new Connection(engine, linuxTcp, link),
    openedNs: -1,
    writtenNs: -1,
    doneNs: -1,
  }));
  const actor = {
    receive(signal: number, index: number): void {
      const its = times[index]!;
      const { bytes } = transfers[index]!;
      if (signal === begins) its.connection.open(actor, isOpen, index);
      else if (signal === isOpen) {
        its.openedNs = engine.nowNs;
        its.connection.down.watch(bytes, actor, isDone, index);
        its.connection.down.send(bytes, options.writing ?? atOnce, actor, isWritten, index);
      } else if (signal === isWritten) its.writtenNs = engine.nowNs;
      else its.doneNs = engine.nowNs;
    },
  };
  for (const [index, { openNs }] of transfers.entries()) engine.at(openNs, source, actor, begins, index);
  engine.run();
  return { link, engine, times };
}

/** One transfer on a link that is empty otherwise: how long, with the handshake. */
export function transferNs(settings: LinkSettings, bytes: number): number {
  return transfer(settings, [{ openNs: 0, bytes }]).times[0]!.doneNs;
}

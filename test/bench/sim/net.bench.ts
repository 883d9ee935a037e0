import { expect, test } from 'vitest';
import { Engine } from '../../../sim/engine/engine.ts';
import { parseNetwork } from '../../../trio/network/profile.ts';
import { millions, perSecond } from '../../support/rates.ts';
import { transfer } from '../../support/transfers.ts';

const bytes = 100e6;

/** As many events as a transfer has, and nothing else: what the engine alone takes. */
function bareEvents(events: number): void {
  const engine = new Engine();
  const source = engine.source();
  let left = events;
  const actor = {
    receive(): void {
      if (left-- > 0) engine.after(1000, source, actor, 0);
    },
  };
  for (let i = 0; i < 50; i++) actor.receive();
  engine.run();
}

test.for(['lan10g', 'wan100m'])(
  'a transfer of 100 MB over %s',
  { timeout: 120_000 },
  async (profile, { bench }) => {
    const link = parseNetwork(profile);
    const { events } = transfer(link, [{ openNs: 0, bytes }]).engine;
    const result = await bench.compare(
      bench('the transfer', () => void transfer(link, [{ openNs: 0, bytes }])),
      bench('its events alone', () => bareEvents(events)),
    );
    const eventRate = perSecond(result.get('the transfer'), events);
    const bareRate = perSecond(result.get('its events alone'), events);
    const wireRate = perSecond(result.get('the transfer'), bytes);
    console.log(
      `100 MB over ${profile}: ${events} events, ${millions(eventRate)} of them, ${(wireRate / 1e9).toFixed(0)} GB/s`,
    );
    expect(eventRate / bareRate).toBeGreaterThan(0.15);
  },
);

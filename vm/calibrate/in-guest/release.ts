import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { full } from '../../systems/full.ts';
import { Host } from './host.ts';
import { spinFile } from './parts.ts';
import { imagesNamed, report } from './samples.ts';

/** Of which the one in the middle counts: who gets the processor first, the program or who reports it, differs. */
const repeats = 5;
/** init.sh has mounted it. */
const tracing = '/sys/kernel/tracing';

/** How long a program has been let go when containerd reports that it runs: it competes with those who report. */
export async function measureRelease(): Promise<void> {
  set('trace_clock', 'mono');
  set('events/sched/sched_waking/filter', 'comm ~ "runc*"');
  set('events/sched/sched_process_exec/filter', `filename == "/${spinFile}"`);
  chmodSync(spinFile, 0o755);
  for (const image of imagesNamed('layers-')) {
    const runs = [];
    for (let i = 0; i < repeats; i++) {
      const host = await Host.fresh(full);
      await host.pull(image);
      trace(true);
      const { startedNs } = await host.run(image, spinFile, resolve(spinFile));
      trace(false);
      host.close();
      runs.push({
        x: { starts: 1 },
        ns: startedNs - releasedNs(readFileSync(join(tracing, 'trace'), 'utf8')),
      });
    }
    report('release', image.check, runs);
  }
}

function trace(on: boolean): void {
  const value = on ? '1' : '0';
  if (on) set('trace', ''); // empties it
  for (const event of ['sched_waking', 'sched_process_exec']) set(`events/sched/${event}/enable`, value);
}

function set(file: string, value: string): void {
  writeFileSync(join(tracing, file), value);
}

/** Of `runc-123 [000] d..2. 12.345678: sched_waking: comm=runc:[2:INIT] pid=456 …`: who, when, what, and the rest. */
const record = /^\s*(.+)-\d+\s+\[\d+\]\s+\S+\s+(\d+)\.(\d{6}): (\w+): (.*)$/;

/** The last time that another runc woke the thread that then executed the program; on the trace's clock, to 1 µs. */
function releasedNs(text: string): number {
  const records = text.split('\n').flatMap((line) => {
    const [, by = '', seconds, micros, what = '', rest = ''] = record.exec(line) ?? [];
    if (seconds === undefined) return [];
    return [{ by, ns: Number(seconds) * 1e9 + Number(micros) * 1e3, what, rest }];
  });
  const execution = records.find(({ what }) => what === 'sched_process_exec');
  const tid = /old_pid=(\d+)/.exec(execution?.rest ?? '')?.[1];
  const before = execution ? records.slice(0, records.indexOf(execution)) : [];
  const release = before.findLast(
    ({ by, what, rest }) => what === 'sched_waking' && by === 'runc' && rest.includes(` pid=${tid} `),
  );
  if (!release) throw new Error(`the trace has no release of /${spinFile}:\n${text}`);
  return release.ns;
}

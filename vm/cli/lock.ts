import { guestPackages } from '../guests/debian.ts';
import { heldOutFolder, listWorkloads, loadWorkload } from '../images/workload.ts';
import { writeWhole } from '../e2e/run.ts';
import { terminalProgress, type Progress } from '../progress.ts';
import type { DebianRoot, Package } from '../tools/debian-root.ts';
import { lockedPackages, lockFile, lockOf } from '../tools/locked-packages.ts';
import { erofsPackages } from '../tools/mkfs-erofs.ts';
import { resolvePackages } from '../tools/resolve-packages.ts';
import { toolPackages } from '../tools/tool-root.ts';
import { command, main } from './command.ts';

const suites = ['bookworm', 'trixie'] as const;
type Suite = DebianRoot['suite'];

interface Change {
  readonly suite: Suite;
  readonly name: string;
  readonly locked: string | undefined;
  readonly now: string | undefined;
}

const program = command(
  'vm:lock',
  'Locks the Debian packages of guests, images and tools in the versions that the archive has now. All of them are then ' +
    'built anew, and golden files drift until they are recorded again.',
  'npm run vm:lock -- --dry-run',
)
  .option('--dry-run', 'only say what would change')
  .option('--json', 'print the changes as JSON')
  .action(async (options: { dryRun?: boolean; json?: boolean }) => {
    const progress = terminalProgress();
    const changes: Change[] = [];
    const locks = new Map<Suite, string>();
    for (const suite of suites) {
      const now = await resolveAll(suite, progress);
      locks.set(suite, lockOf(now));
      changes.push(...changesOf(suite, lockedPackages(suite), now));
    }
    if (!options.dryRun) for (const [suite, text] of locks) await writeWhole(lockFile(suite), text);
    if (options.json) process.stdout.write(`${JSON.stringify({ changes }, null, 2)}\n`);
    else for (const change of changes) process.stdout.write(`${describe(change)}\n`);
    const verb = options.dryRun ? 'would change' : 'changed';
    progress.say(`${changes.length} packages ${verb}`);
  });

/** What all roots of a suite that are built with the lock would have. */
async function resolveAll(suite: Suite, progress: Progress): Promise<Package[]> {
  const roots = [guestPackages];
  if (suite === 'trixie') {
    roots.push(toolPackages, erofsPackages, []);
    const names = [...(await listWorkloads()), ...(await listWorkloads(heldOutFolder))];
    for (const name of names) roots.push((await loadWorkload(name)).packages);
  }
  return progress.stage(`asking the archive for ${suite}`, async (note) => {
    const found: Package[] = [];
    for (const [i, packages] of roots.entries()) {
      note(`${i + 1} of ${roots.length} roots`);
      found.push(...(await resolvePackages({ suite, packages }, progress)));
    }
    return found;
  });
}

function changesOf(suite: Suite, locked: readonly Package[], found: readonly Package[]): Change[] {
  const versions = (list: readonly Package[]) => new Map(list.map(({ name, version }) => [name, version]));
  const [before, now] = [versions(locked), versions(found)];
  return [...new Set([...before.keys(), ...now.keys()])]
    .sort()
    .filter((name) => before.get(name) !== now.get(name))
    .map((name) => ({ suite, name, locked: before.get(name), now: now.get(name) }));
}

function describe({ suite, name, locked, now }: Change): string {
  return `${suite} ${name}: ${locked ?? 'not locked'} → ${now ?? 'not needed'}`;
}

await main(program);

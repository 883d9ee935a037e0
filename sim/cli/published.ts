import { join } from 'node:path';
import { usageError } from '../../trio/errors.ts';
import { readFit, readPublished } from '../input/published.ts';
import { loadScenario, withSettings } from '../input/scenario.ts';
import { comparePublished, fit, fixedSettings, type Profile } from '../published/compare.ts';
import { fitted, given, inferred } from '../published/slides.ts';
import { publishedTable } from '../report/published-table.ts';
import { systems } from '../systems/index.ts';
import { writeOutput } from './output.ts';

/** The one there is. */
const profiles = ['slides'];

/** `sim compare --profile slides`: a published table beside the predicted one. */
export async function comparePublishedTable(
  name: string,
  { golden, isFitted, json }: { readonly golden: string; readonly isFitted: boolean; readonly json: boolean },
): Promise<string> {
  if (!profiles.includes(name))
    throw usageError('UNKNOWN_PROFILE', `there is no profile "${name}". Known: ${profiles.join(', ')}`);
  const published = await readPublished(join(golden, 'published', `${name}.json`));
  const fitFile = join(golden, 'published', `${name}-fit.json`);
  const request = { golden, guest: 'debian-13', workload: 'pytorch', net: 'lan10g', seed: 'trio' };
  const scenario = await loadScenario({ ...request, set: fixedSettings });
  const profile: Profile = {
    ...{ published, systems, scenario },
    with: (settings) => withSettings(scenario, settings),
  };
  if (isFitted) {
    const values = fit(profile, (round, input) => process.stderr.write(`round ${round}: ${input.name}\n`));
    await writeOutput(fitFile, `${JSON.stringify({ schema: 'trio.published-fit/1', values }, null, 2)}\n`);
  }
  const values = await readFit(fitFile);
  const missing = fitted.filter((input) => values[input.name] === undefined);
  if (missing.length > 0)
    throw usageError('NOT_FITTED', `${fitFile} has no ${missing[0]!.name}: fit the profile again (--fit)`);
  const compared = comparePublished(profile, values);
  if (!json) return publishedTable(published, compared, values);
  const inputs = {
    given,
    inferred,
    fitted: fitted.map((input) => ({ ...input, value: values[input.name] })),
  };
  const result = { schema: 'trio.published-comparison/1', ...compared, inputs };
  return `${JSON.stringify(result, null, 1)}\n`;
}

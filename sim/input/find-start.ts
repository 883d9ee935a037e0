import { join } from 'node:path';
import { Parameters } from '../parameters/parameters.ts';
import { parameterDefinitions } from '../systems/index.ts';
import { findRecordings } from '../validate/recordings.ts';
import { readCalibration } from './calibration.ts';
import { readStart, type RecordedStart } from './recorded-start.ts';

/** A recorded start, and the parameters of the guest that it was recorded in. */
export interface FoundStart extends RecordedStart {
  readonly guest: string;
  readonly workload: string;
  readonly parameters: Parameters;
}

/**
 * Reads the start of a workload, by its name, from a folder laid out as golden/.
 *
 * @throws TrioError, among them `UNKNOWN_GUEST` and `UNKNOWN_WORKLOAD` (exit code 2)
 */
export async function findStart(golden: string, guest: string, workload: string): Promise<FoundStart> {
  const [recording] = await findRecordings(golden, { guest, workload });
  const measured = await readCalibration(join(golden, guest, 'calibration.json'));
  const parameters = Parameters.of(parameterDefinitions, measured);
  return { guest, workload, parameters, ...(await readStart(recording!.folder)) };
}

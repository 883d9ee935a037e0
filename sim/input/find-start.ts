import { TrioError } from '../../trio/errors.ts';
import { Parameters } from '../parameters/parameters.ts';
import { parameterDefinitions } from '../systems/index.ts';
import { findRecordings } from '../validate/recordings.ts';
import { calibrationOf } from './calibration.ts';
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
 * @param limitsMemory  with what a start with a memory limit needs
 * @throws TrioError with exit code 2: what is to be predicted is input
 */
export async function findStart(
  golden: string,
  guest: string,
  workload: string,
  limitsMemory = false,
): Promise<FoundStart> {
  try {
    const [recording] = await findRecordings(golden, { guest, workload });
    const measured = await calibrationOf(golden, guest);
    const parameters = Parameters.of(parameterDefinitions, measured);
    return { guest, workload, parameters, ...(await readStart(recording!.folder, limitsMemory)) };
  } catch (error) {
    if (!(error instanceof TrioError)) throw error;
    throw new TrioError(error.code, error.message, { cause: error, exitCode: 2 });
  }
}

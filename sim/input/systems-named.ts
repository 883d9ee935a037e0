import { usageError } from '../../trio/errors.ts';
import { systems } from '../systems/index.ts';
import type { System } from '../systems/system.ts';

/** @throws TrioError `UNKNOWN_SYSTEM` (exit code 2) */
export function systemOf(id: string): System {
  const system = systems.find((known) => known.id === id);
  if (system) return system;
  const ids = systems.map((known) => known.id).join(', ');
  throw usageError('UNKNOWN_SYSTEM', `there is no system "${id}"; there are ${ids}`);
}

/**
 * The systems of these ids, or all.
 *
 * @throws TrioError `UNKNOWN_SYSTEM` (exit code 2)
 */
export function systemsNamed(ids: readonly string[] | undefined): readonly System[] {
  return ids?.map(systemOf) ?? systems;
}

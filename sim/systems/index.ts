import { hostParameters } from '../host/parameters.ts';
import { registryParameters } from '../host/registry-service.ts';
import type { ParameterDefinition } from '../parameters/parameter.ts';
import { crfs, crfsLazy } from './crfs.ts';
import { full } from './full.ts';
import { dadi, dadiTrace } from './dadi.ts';
import { nydus, nydusErofs } from './nydus.ts';
import type { System } from './system.ts';
import { trio, trioNydus } from './trio.ts';

/** In the order in which they are shown. */
export const systems: readonly System[] = [
  full,
  crfs,
  crfsLazy,
  nydus,
  nydusErofs,
  dadi,
  dadiTrace,
  trio,
  trioNydus,
];

/** All parameters of the models, each once: variants of a system share its declarations. */
export const parameterDefinitions: readonly ParameterDefinition[] = [
  ...new Set([...hostParameters, ...registryParameters, ...systems.flatMap(({ parameters }) => parameters)]),
];

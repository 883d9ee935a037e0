import { registryAddress } from '../../guest/address.ts';
import { run } from '../../guest/process.ts';
import { isBlob, readRange, requests, type Request } from './registry-log.ts';
import { imagesFile, report, type Quantities } from './samples.ts';

/** Requests over a connection that is kept, by the client and, from its log, in the registry alone. */
export function measureRegistry(micro: string): void {
  const before = requests().length;
  process.stdout.write(run(micro, 'registry', `http://${registryAddress}`, imagesFile));
  // The last ones are of what was not in memory: these come in one piece behind the others.
  const groups = new Map<string, { x: Quantities; ns: number }[]>();
  for (const request of requests().slice(before)) {
    const { kind, x } = serviceOf(request);
    const key = `${kind} ${JSON.stringify(x)}`;
    groups.set(key, [...(groups.get(key) ?? []), { x, ns: request.endNs - request.atNs }]);
  }
  let blobs = 0;
  for (const [key, group] of groups) {
    if (group.length < 20) continue; // asked for once: not what is in memory
    const kind = key.slice(0, key.indexOf(' '));
    report(`${kind}-service`, kind === 'registry-blob' && blobs++ % 3 === 1, group);
    if (kind !== 'registry-blob') report(`${kind}-service`, true, group.slice(group.length / 2));
  }
}

function serviceOf(request: Request): { kind: string; x: Quantities } {
  if (!isBlob(request.path))
    return { kind: request.method === 'HEAD' ? 'registry-head' : 'registry-manifest', x: { requests: 1 } };
  const [from, to] = readRange(request);
  return { kind: 'registry-blob', x: { requests: 1, bytes: request.bytes, readAheadBytes: to - from } };
}

import { registryAddress } from '../guest/address.ts';
import type { System } from './system.ts';

/** A system on the stargz snapshotter (eStargz over FUSE) with `options` in its configuration file. */
export function stargz(id: string, title: string, options: string): System {
  const socket = `/run/trio/${id}.sock`;
  const config = `/run/trio/${id}.toml`;
  return {
    id,
    title,
    tag: 'estargz',
    snapshotter: id,
    daemon: {
      socket,
      command: ['/opt/trio/bin/stargzd', `/var/lib/trio/${id}`, socket, config],
      files: {
        // The registry speaks plain HTTP; all else that is not in `options` is the snapshotter's default.
        [config]: `${options}
[[resolver.host."${registryAddress}".mirrors]]
host = "${registryAddress}"
insecure = true
`,
      },
    },
    pull: (reference) => ['ctr-remote', 'image', 'rpull', '--plain-http', '--snapshotter', id, reference],
  };
}

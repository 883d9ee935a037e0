import { writeFileSync } from 'node:fs';

const wrapper = '/run/trio/runc-hostname';

/**
 * Options of `ctr run` that give the container a UTS name of its own. containerd 1.6's ctr has no `--hostname`, so a
 * wrapper around runc writes it into the bundle's configuration; the same on all guests.
 */
export function hostnameOptions(hostname: string): string[] {
  const script = `#!/bin/sh
for argument; do
	[ "$option" = --bundle ] && sed -i 's/"hostname":"[^"]*",//; 1s/{/{"hostname":"${hostname}",/' "$argument/config.json"
	option=$argument
done
exec runc "$@"
`;
  writeFileSync(wrapper, script, { mode: 0o755 });
  return ['--runc-binary', wrapper];
}

/**
 * What a root has beside its packages' files and what an image must not have: traces of the machine and the moment
 * that built it. Without them, the same package versions give the same layer.
 */
const patterns: readonly (readonly [what: RegExp, why: string])[] = [
  [/^dev\/./, 'a container gets its own /dev; an ordinary user cannot make devices'],
  [/^(proc|sys|run|tmp|var\/tmp)\/./, 'state of the build'],
  [/^etc\/(hostname|resolv\.conf|hosts|machine-id|mtab)$/, "the build host's"],
  [/^etc\/apt\/(sources\.list|sources\.list\.d\/.+|apt\.conf\.d\/99mmdebstrap)$/, 'names the mirror'],
  [/^etc\/dpkg\/dpkg\.cfg\.d\/99mmdebstrap$/, 'how the root was built'],
  [
    /^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/,
    'backup whose content depends on the order of installation',
  ],
  [/^etc\/\.pwd\.lock$/, 'lock'],
  [
    /^var\/lib\/dpkg\/(lock|lock-frontend|status-old|available|available-old|diversions-old|statoverride-old)$/,
    'locks, backups',
  ],
  [/^var\/lib\/dpkg\/triggers\/Lock$/, 'lock'],
  [/^var\/lib\/apt\/(lists|mirrors)\/./, 'the index of the mirror at that moment'],
  [/^usr\/share\/(locale|info|groff|lintian)\/./, 'documentation, as in the slim images'],
  // The sections' folders stay: package scripts that put links there fail without them.
  [/^usr\/share\/man\/(?!man\d$)./, 'documentation'],
  [/^usr\/share\/doc\/[^/]+\/(?!copyright$)./, 'documentation'],
  [/^var\/lib\/(systemd\/random-seed|dbus\/machine-id)$/, 'random'],
  [
    /^var\/cache\/(apt|debconf|ldconfig|man|fontconfig)\/./,
    'caches with times in them; made again when needed',
  ],
];

/** Whether images leave out what is at this path of a root (`type` as tar-stream names it). */
export function isLeftOut(path: string, type: string): boolean {
  // A log's folder belongs to its package (a server may refuse to start without it), its text to the build.
  if (path.startsWith('var/log/') && (type !== 'directory' || path.startsWith('var/log/journal')))
    return true;
  return patterns.some(([what]) => what.test(path));
}

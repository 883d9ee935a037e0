/**
 * How one container-start system is run for real. Used on the host (names, which image form) and in the guest
 * (daemons and commands), so it holds data and pure functions only.
 */
export interface System {
  /** Name on the command line and in results. */
  readonly id: string;
  /** One line for people. */
  readonly title: string;
  /** The image's form in the registry that this system pulls. */
  readonly tag: 'plain' | 'estargz';
  /** containerd's name of the snapshotter. */
  readonly snapshotter: string;
  /** A daemon of its own that serves the snapshotter; started before the measurement begins. */
  readonly daemon?: Daemon;
  /** The command that pulls `reference` so that its root file system can be mounted. */
  readonly pull: (reference: string) => readonly string[];
}

/** A snapshotter daemon: containerd reaches it as a proxy plugin on `socket`. */
export interface Daemon {
  readonly command: readonly string[];
  readonly socket: string;
  /** Files written before it starts: path → content. */
  readonly files: Readonly<Record<string, string>>;
}

import { clientIp, registryIp } from './address.ts';
import { run } from './process.ts';
import type { Link, Traffic } from './protocol.ts';

const namespace = 'registry';
const clientSide = 'veth-client';
const registrySide = 'veth-registry';

/** Makes the registry's network namespace and the link to it. */
export function createNetwork(): void {
  run('ip', 'link', 'set', 'lo', 'up');
  run('ip', 'netns', 'add', namespace);
  run('ip', 'link', 'add', clientSide, 'type', 'veth', 'peer', 'name', registrySide, 'netns', namespace);
  run('ip', 'addr', 'add', `${clientIp}/24`, 'dev', clientSide);
  run('ip', 'link', 'set', clientSide, 'up');
  run('ip', '-n', namespace, 'addr', 'add', `${registryIp}/24`, 'dev', registrySide);
  run('ip', '-n', namespace, 'link', 'set', registrySide, 'up');
  run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
}

/**
 * The command that runs `command` in the registry's network namespace. Not `ip netns exec`: that makes a mount
 * namespace too, in which the registry's disk, mounted later, would not be seen.
 */
export function inRegistryNamespace(command: readonly string[]): string[] {
  return ['nsenter', `--net=/run/netns/${namespace}`, '--', ...command];
}

/** Gives both directions half the round-trip time and the full rate. */
export function shapeLink(link: Link): void {
  const netem = [
    'root',
    'netem',
    'delay',
    `${link.rttNs / 2000}us`,
    'rate',
    `${link.rateBps}bit`,
    ...(link.lossRatio > 0 ? ['loss', `${link.lossRatio * 100}%`] : []),
    // The queue must never be what drops packets.
    'limit',
    '100000',
  ];
  run('tc', 'qdisc', 'replace', 'dev', clientSide, ...netem);
  run('tc', '-n', namespace, 'qdisc', 'replace', 'dev', registrySide, ...netem);
}

/** Bytes and wire segments so far. The queue discipline counts segments; the interface counts offloaded packets. */
export function readTraffic(): Traffic {
  const tx = readQdisc('tc', '-s', '-j', 'qdisc', 'show', 'dev', clientSide);
  const rx = readQdisc('tc', '-n', namespace, '-s', '-j', 'qdisc', 'show', 'dev', registrySide);
  return { rxBytes: rx.bytes, rxPackets: rx.packets, txBytes: tx.bytes, txPackets: tx.packets };
}

function readQdisc(...command: string[]): { bytes: number; packets: number } {
  const [root] = JSON.parse(run(...command)) as { bytes: number; packets: number }[];
  if (!root) throw new Error(`no queue discipline: ${command.join(' ')}`);
  return root;
}

/** What came between two readings. */
export function trafficBetween(before: Traffic, after: Traffic): Traffic {
  return {
    rxBytes: after.rxBytes - before.rxBytes,
    rxPackets: after.rxPackets - before.rxPackets,
    txBytes: after.txBytes - before.txBytes,
    txPackets: after.txPackets - before.txPackets,
  };
}

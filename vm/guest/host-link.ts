import { openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { modprobe, run } from './process.ts';
import type { Message, Scenario } from './protocol.ts';

const port = openSync('/dev/ttyS1', 'w');
run('stty', '-F', '/dev/ttyS1', 'raw', '-echo');

/** Sends one message to the host. */
export function send(message: Message): void {
  writeSync(port, `${JSON.stringify(message)}\n`);
}

/** Lets the serial port run dry, so that its interrupts stay out of a measurement. */
export async function drain(): Promise<void> {
  await sleep(20);
}

/**
 * Pauses the whole machine at this very instruction (pvpanic; QEMU runs with `-action panic=pause`). The host saves
 * it here as a template; every scenario is a resume, which returns from this function.
 */
export function pauseForTemplate(): void {
  const ports = openSync('/dev/port', 'r+');
  writeSync(ports, Uint8Array.of(1), 0, 1, 0x505);
}

/** Reads the scenario. fw_cfg is read synchronously by the CPU, so its time does not depend on the host. */
export function readScenario(): Scenario {
  modprobe('qemu_fw_cfg');
  const file = '/sys/firmware/qemu_fw_cfg/by_name/opt/trio/scenario/raw';
  return JSON.parse(readFileSync(file, 'utf8')) as Scenario;
}

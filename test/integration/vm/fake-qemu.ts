#!/usr/bin/env node
/**
 * Stands in for QEMU in tests of the runner: it speaks QMP and writes console and protocol files, as told by
 * FAKE_QEMU. What a real guest does is tested with a real one (test/vm).
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Measured, Message } from '../../../vm/guest/protocol.ts';

const args = process.argv.slice(2);
if (args.includes('--version')) {
  console.log('QEMU emulator version 0.0 (fake)');
  process.exit(0);
}
const option = (pattern: RegExp) => args.map((arg) => pattern.exec(arg)?.[1]).find(Boolean) ?? '';
const consoleFile = option(/^file,id=console,path=(.*)$/);
const protocolFile = option(/^file,id=protocol,path=(.*)$/);
const socketPath = option(/^unix:(.*),server=on,wait=off$/);

const measured: Measured = {
  deployNs: 1,
  runningNs: 2,
  readyNs: 3,
  warm: { runningNs: 1, readyNs: 1 },
  net: { rxBytes: 1, rxPackets: 1, txBytes: 1, txPackets: 1 },
  disk: { writeBytes: 1 },
  memory: { pageCacheBytes: 1, daemonRssBytes: 1 },
};

function end(...messages: Message[]): void {
  for (const message of messages) appendFileSync(protocolFile, `${JSON.stringify(message)}\n`);
  process.exit(0);
}

const behaviours: Record<string, (send: (message: object) => void) => void> = {
  good: () => end({ type: 'measured', measured }, { type: 'end' }),
  failed: () =>
    end({ type: 'failed', reason: 'ctr: exit status 1', details: ['ctr: no such image'] }, { type: 'end' }),
  early: () => end({ type: 'measured', measured }),
  panic: () => {
    writeFileSync(consoleFile, 'booting\r\n[ 1.0] Kernel panic - not syncing: Attempted to kill init!\r\n');
    end();
  },
  garbage: () => {
    appendFileSync(protocolFile, '\x00\xff not JSON\n');
    end();
  },
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  hang: () => writeFileSync(consoleFile, 'still thinking\n'),
  watchdog: (send) => {
    send({ event: 'WATCHDOG', data: { action: 'poweroff' } });
    setTimeout(end, 50);
  },
};

const mode = process.env['FAKE_QEMU'] ?? '';
if (mode === 'refuse') {
  console.error('qemu: could not set up guest memory: Cannot allocate memory');
  process.exit(1);
}

createServer((socket) => {
  const send = (message: object) => socket.write(`${JSON.stringify(message)}\n`);
  send({ QMP: {} });
  socket.on('error', () => {});
  createInterface({ input: socket }).on('line', (line) => {
    const { execute, id } = JSON.parse(line) as { execute: string; id: number };
    send({ return: execute === 'query-status' ? { status: 'running' } : {}, id });
    if (execute === 'query-status') setTimeout(() => behaviours[mode]?.(send), 50);
  });
}).listen(socketPath);

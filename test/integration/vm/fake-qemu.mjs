#!/usr/bin/env node
// Stands in for QEMU in tests of the runner: it speaks QMP and writes console and protocol files, as told by
// FAKE_QEMU. What a real guest does is tested with a real one (test/vm).
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const args = process.argv.slice(2);
if (args.includes('--version')) {
  console.log('QEMU emulator version 0.0 (fake)');
  process.exit(0);
}
const option = (pattern) => args.map((arg) => pattern.exec(arg)?.[1]).find(Boolean);
const consoleFile = option(/^file,id=console,path=(.*)$/);
const protocolFile = option(/^file,id=protocol,path=(.*)$/);
const socketPath = option(/^unix:(.*),server=on,wait=off$/);

const measured = {
  deployNs: 1, runningNs: 2, readyNs: 3, warm: { runningNs: 1, readyNs: 1 },
  net: { rxBytes: 1, rxPackets: 1, txBytes: 1, txPackets: 1 },
  disk: { writeBytes: 1 }, memory: { pageCacheBytes: 1, daemonRssBytes: 1 },
};
const say = (message) => appendFileSync(protocolFile, `${JSON.stringify(message)}\n`);
const behaviours = {
  good: () => { say({ type: 'measured', measured }); say({ type: 'end' }); process.exit(0); },
  panic: () => {
    writeFileSync(consoleFile, 'booting\r\n[    1.0] Kernel panic - not syncing: Attempted to kill init!\r\n');
    process.exit(0);
  },
  failed: () => { say({ type: 'failed', reason: 'ctr: exit status 1', details: ['ctr: no such image'] }); say({ type: 'end' }); process.exit(0); },
  garbage: () => { appendFileSync(protocolFile, '\x00\xff not JSON\n'); process.exit(0); },
  early: () => { say({ type: 'measured', measured }); process.exit(0); },
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  hang: () => writeFileSync(consoleFile, 'still thinking\n'),
  watchdog: (send) => { send({ event: 'WATCHDOG', data: { action: 'poweroff' } }); setTimeout(() => process.exit(0), 50); },
  refuse: () => {},
};
const mode = process.env.FAKE_QEMU;
if (mode === 'refuse') {
  console.error('qemu: could not set up guest memory: Cannot allocate memory');
  process.exit(1);
}

createServer((socket) => {
  const send = (message) => socket.write(`${JSON.stringify(message)}\n`);
  send({ QMP: { version: {} } });
  socket.on('error', () => {});
  createInterface({ input: socket }).on('line', (line) => {
    const { execute, id } = JSON.parse(line);
    send({ return: execute === 'query-status' ? { status: 'running' } : {}, id });
    if (execute === 'query-status') setTimeout(() => behaviours[mode](send), 50);
  });
}).listen(socketPath);

import { closeSync, openSync, readSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../images/readiness.ts';

/** How often a service is asked; the resolution of "ready" for ports and logs. */
const intervalMs = 2;

/**
 * Waits until a service is ready and returns the monotonic time of its answer.
 *
 * @param logFile   the container's output, for `log:`
 * @param signal    gives up; the error says what was seen last
 */
export async function waitReady(
  readiness: Exclude<Readiness, { kind: 'exit' }>,
  logFile: string,
  signal: AbortSignal,
): Promise<bigint> {
  const probe = makeProbe(readiness, logFile, signal);
  for (;;) {
    const seen = await probe();
    if (seen === true) return process.hrtime.bigint();
    if (signal.aborted) throw new Error(`last seen: ${seen}`);
    await sleep(intervalMs);
  }
}

/** A probe answers true, or says what it saw instead. */
type Probe = () => Promise<true | string>;

function makeProbe(
  readiness: Exclude<Readiness, { kind: 'exit' }>,
  logFile: string,
  signal: AbortSignal,
): Probe {
  switch (readiness.kind) {
    case 'http':
      return () => askHttp(readiness.port, readiness.path, signal);
    case 'tcp':
      return () => askTcp(readiness.port);
    case 'log':
      return logProbe(new RegExp(readiness.pattern, 'm'), logFile);
  }
}

function askHttp(port: number, path: string, signal: AbortSignal): Promise<true | string> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, signal }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      response.once('close', () =>
        resolve(status >= 200 && status < 400 ? true : `http status ${status} on port ${port}`),
      );
    });
    request.once('error', (error) => resolve(signal.aborted ? `no answer on port ${port}` : error.message));
  });
}

function askTcp(port: number): Promise<true | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(error.message));
  });
}

function logProbe(pattern: RegExp, logFile: string): Probe {
  let fd: number | undefined;
  let text = '';
  const buffer = Buffer.alloc(65536);
  return async () => {
    try {
      fd ??= openSync(logFile, 'r');
    } catch {
      return 'no output yet';
    }
    for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) text += buffer.toString('utf8', 0, n);
    if (!pattern.test(text)) return `no match for ${pattern.source} in ${text.length} characters of output`;
    closeSync(fd);
    return true;
  };
}

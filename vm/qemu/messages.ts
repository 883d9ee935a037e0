import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';
import type { Message } from '../guest/protocol.ts';

const count = z.int().nonnegative();

export const trafficSchema = z.strictObject({
  rxBytes: count,
  rxPackets: count,
  txBytes: count,
  txPackets: count,
});

export const measuredSchema = z.strictObject({
  deployNs: count,
  runningNs: count,
  readyNs: count,
  warm: z.strictObject({ runningNs: count, readyNs: count }),
  net: trafficSchema,
  disk: z.strictObject({ writeBytes: count }),
  memory: z.strictObject({ pageCacheBytes: z.int(), daemonRssBytes: count }),
});

export const requestSchema = z.strictObject({
  atNs: z.int(),
  endNs: z.int(),
  method: z.string(),
  path: z.string(),
  range: z.string(),
  status: count,
  bytes: count,
});

export const tracedSchema = z.strictObject({
  name: z.string(),
  startNs: count,
  runningNs: count,
  readyNs: count,
  drops: count,
});

const messageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('progress'), text: z.string() }),
  z.strictObject({ type: z.literal('request'), request: requestSchema }),
  z.strictObject({ type: z.literal('measured'), measured: measuredSchema }),
  z.strictObject({ type: z.literal('traced'), starts: z.array(tracedSchema) }),
  z.strictObject({ type: z.literal('script'), status: z.int(), output: z.string() }),
  z.strictObject({ type: z.literal('failed'), reason: z.string(), details: z.array(z.string()) }),
  z.strictObject({ type: z.literal('end') }),
]);

/**
 * Parses what a guest sent, one JSON message a line. An unfinished last line is left out (the guest may still be
 * writing it).
 *
 * @throws TrioError `GUEST_MESSAGE` with the line's number
 */
export function parseMessages(text: string): Message[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, index) => {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch (cause) {
      throw new TrioError('GUEST_MESSAGE', `guest message ${index + 1} is no JSON: ${line.slice(0, 120)}`, {
        cause,
      });
    }
    const result = messageSchema.safeParse(json);
    if (!result.success)
      throw new TrioError('GUEST_MESSAGE', `guest message ${index + 1}: ${z.prettifyError(result.error)}`);
    return result.data;
  });
}

import { z } from 'zod';
import { usageError } from '../../trio/errors.ts';

/**
 * When a container counts as ready (the end of a cold start), as the agent in the guest gets it:
 * an HTTP answer below 400, a TCP connection, the container's exit, or a line of its output.
 */
export type Readiness =
  | { readonly kind: 'http'; readonly port: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'log'; readonly pattern: string };

const forms = 'http:PORT/path, tcp:PORT, exit:CODE or log:REGEX';

/**
 * Reads `http:80/health`, `tcp:6379`, `exit:0` or `log:Server startup`.
 *
 * @throws TrioError `BAD_READINESS` (exit code 2) that says which part is wrong
 */
export function parseReadiness(text: string): Readiness {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon + 1);
  const bad = (why: string) => usageError('BAD_READINESS', `readiness "${text}": ${why}; write ${forms}`);
  switch (kind) {
    case 'http': {
      const parts = /^([^/]*)(\/\S*)?$/.exec(rest);
      if (!parts) throw bad('a path is written without spaces');
      return { kind, port: port(parts[1] ?? '', bad), path: parts[2] ?? '/' };
    }
    case 'tcp':
      return { kind, port: port(rest, bad) };
    case 'exit': {
      const code = integer(rest, 0, 255);
      if (code === undefined) throw bad('an exit code is a number from 0 to 255');
      return { kind, code };
    }
    case 'log':
      if (rest === '') throw bad('the regular expression is empty');
      try {
        new RegExp(rest);
      } catch (error) {
        throw bad(error instanceof Error ? error.message : 'not a regular expression');
      }
      return { kind, pattern: rest };
    default:
      throw bad(`"${kind}" is no way to be ready`);
  }
}

/** The text that {@link parseReadiness} reads as this value. */
export function formatReadiness(ready: Readiness): string {
  switch (ready.kind) {
    case 'http':
      return `http:${ready.port}${ready.path}`;
    case 'tcp':
      return `tcp:${ready.port}`;
    case 'exit':
      return `exit:${ready.code}`;
    case 'log':
      return `log:${ready.pattern}`;
  }
}

/** A readiness in a JSON file: the text form. */
export const readinessSchema = z.string().transform((text, context): Readiness => {
  try {
    return parseReadiness(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

function port(text: string, bad: (why: string) => Error): number {
  const value = integer(text, 1, 65_535);
  if (value === undefined) throw bad('a port is a number from 1 to 65535');
  return value;
}

function integer(text: string, min: number, max: number): number | undefined {
  if (!/^\d{1,6}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

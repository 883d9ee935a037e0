import { z } from 'zod';
import { TrioError } from '../errors.ts';

const count = z.int().nonnegative();
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const path = z.string().startsWith('/');

/** Types of a layer's entries, a letter each. */
export const entryTypes = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  /** Hides what layers below have under that name. */
  whiteout: 'w',
  /** The directory hides all that layers below have in it. */
  opaque: 'q',
  other: 'o',
} as const;

/** What a layer has at a path: of a file its bytes, of a link what it points to. */
const entry = z.union([
  z.tuple([path, z.literal('f'), count]),
  z.tuple([path, z.literal(['l', 'h']), z.string()]),
  z.tuple([path, z.literal(['d', 'w', 'q', 'o'])]),
]);
export type FactsEntry = z.infer<typeof entry>;

const layer = z.strictObject({
  digest,
  /** Of the blob, and of the tar in it. */
  bytes: count,
  tarBytes: count,
  /** In the order of the tar, without those that eStargz adds. */
  entries: z.array(entry),
});

/** A chunk: where it begins in the blob, its bytes there, and those of the file. */
const chunk = z.tuple([count, count, count]);

const stargzLayer = z.strictObject({
  digest,
  bytes: count,
  /** The table of contents: where its gzip member begins, the bytes of its tar, its entries. */
  tocOffset: count,
  tocBytes: count,
  tocEntries: count,
  /** What is to be fetched before the start: the offset of the landmark; 0: nothing. */
  prefetchBytes: count,
  /** Of each file that is not empty. */
  files: z.array(z.tuple([path, z.array(chunk)])),
});
export type StargzLayerFacts = z.infer<typeof stargzLayer>;

const manifest = <L extends z.ZodType>(ofLayer: L) =>
  z.strictObject({
    tag: z.string(),
    digest,
    bytes: count,
    config: z.strictObject({ digest, bytes: count }),
    layers: z.array(ofLayer),
  });

/** What a simulator has to know of an image: its layers, what is in them, and where in their blobs. */
export const imageFactsSchema = z.strictObject({
  schema: z.literal('trio.image-facts/1'),
  name: z.string(),
  /** How it is told that a container is ready: an answer of a port, or the program's end. */
  readiness: z.enum(['http', 'tcp', 'exit', 'log']),
  plain: manifest(layer),
  /** The same layers as eStargz. */
  estargz: manifest(stargzLayer),
});
export type ReadinessKind = ImageFacts['readiness'];
export type ImageFacts = z.infer<typeof imageFactsSchema>;

/** @throws TrioError `BAD_FACTS` that says where it is wrong */
export function parseFacts(text: string, name: string): ImageFacts {
  const bad = (why: string) => new TrioError('BAD_FACTS', `${name}: ${why}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad('not JSON');
  }
  const parsed = imageFactsSchema.safeParse(json);
  if (!parsed.success) throw bad(z.prettifyError(parsed.error).split('\n').slice(0, 4).join(' '));
  const { plain, estargz } = parsed.data;
  if (plain.layers.length !== estargz.layers.length)
    throw bad(`${plain.layers.length} layers, but ${estargz.layers.length} as eStargz`);
  return parsed.data;
}

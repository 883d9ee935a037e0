import type { CalibrationSample } from '../../trio/calibration/calibration.ts';

/** Chunks are alike if they hold as much, and their compressed sizes differ by no more than this. */
const likeness = 0.01;

/**
 * What a piece of 50 kB takes is a tenth of what its gunzip takes, and there are as many pieces as compressed bytes:
 * among chunks of all kinds it is lost. It is told by chunks that are alike in all but how many pieces were missing:
 * their reads are samples of a series of their own, whose pieces `stargz-chunk` takes as known.
 */
export function withPieces(samples: readonly CalibrationSample[]): CalibrationSample[] {
  const chunks = samples.filter(({ series }) => series === 'stargz-chunk');
  const groups = chunks.map((chunk) => chunks.filter((other) => areAlike(chunk, other)));
  const alike = groups.reduce((most, group) => (group.length > most.length ? group : most), []);
  return [
    ...samples.map((sample) => (sample.series === 'stargz-chunk' ? ofKnownPieces(sample) : sample)),
    ...alike.map((sample) => ({ ...sample, series: 'stargz-piece', x: withoutSizes(sample) })),
  ];
}

function areAlike({ x: a }: CalibrationSample, { x: b }: CalibrationSample): boolean {
  const [size = 0, other = 0] = [a['compressedBytes'], b['compressedBytes']];
  return a['chunks'] === b['chunks'] && a['bytes'] === b['bytes'] && Math.abs(size / other - 1) <= likeness;
}

/** Of a sample, without what it has in common with those that are like it. */
function withoutSizes({ x }: CalibrationSample): CalibrationSample['x'] {
  return Object.fromEntries(
    Object.entries(x).filter(([quantity]) => quantity !== 'bytes' && quantity !== 'compressedBytes'),
  );
}

function ofKnownPieces(sample: CalibrationSample): CalibrationSample {
  const { pieces = 0, ...x } = sample.x;
  return { ...sample, x: { ...x, 'stargz-piece.pieces': pieces } };
}

/** What is measured by itself, each part in a guest of its own. */
export const parts = [
  'cpu',
  'disk',
  'registry',
  'far',
  'full',
  'lazy',
  'layers',
  'probe',
  'release',
] as const;
export type Part = (typeof parts)[number];

/** A program that computes without end, among the files that the guest gets. */
export const spinFile = 'spin';

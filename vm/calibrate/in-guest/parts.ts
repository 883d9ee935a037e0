/** What is measured by itself, each part in a guest of its own. */
export const parts = ['cpu', 'disk', 'registry', 'full', 'lazy', 'layers', 'probe'] as const;
export type Part = (typeof parts)[number];

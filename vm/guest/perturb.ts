import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Perturbation } from './protocol.ts';

/** Memory held until the guest ends, so that the page allocator hands out other pages. */
let held: Buffer | undefined;

/** Disturbs what must not matter: file layout, free pages, the phase of timers. */
export async function perturb(perturbation: Perturbation): Promise<void> {
  perturbation.fileBytes.forEach((bytes, index) => {
    writeFileSync(`/var/lib/containerd/perturbation-${index}`, Buffer.alloc(bytes, index));
  });
  held = Buffer.alloc(perturbation.heldPages * 4096, 1);
  const untilNs = process.hrtime.bigint() + BigInt(perturbation.delayNs);
  await sleep(Math.floor(perturbation.delayNs / 1e6));
  while (process.hrtime.bigint() < untilNs); // the rest below a timer's millisecond
}

/** Bytes held by the perturbation. */
export function heldBytes(): number {
  return held?.length ?? 0;
}

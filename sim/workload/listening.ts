/** CPU time before each step; `othersNs` is the part of `cpuNs` in which tasks outside of the container had the CPU. */
interface StepTimes {
  readonly cpuNs: Float64Array;
  readonly othersNs: Float64Array;
}

/**
 * The step from which on an HTTP server listens, as far as a warm start tells: a trace has no sockets, but who asks
 * whether the server is ready then has a connection and waits for the answer, and no longer takes part of the CPU. It is
 * the step of [from, to) behind which others have had less than `share` by the most time.
 *
 * @returns `to` if there is none
 */
export function listeningStep(
  { cpuNs, othersNs }: StepTimes,
  { from, to, share }: { readonly from: number; readonly to: number; readonly share: number },
): number {
  let [sumNs, mostNs, found] = [0, 0, to];
  for (let step = to - 1; step >= from; step--) {
    sumNs += share * cpuNs[step]! - othersNs[step]!;
    if (sumNs <= mostNs) continue;
    mostNs = sumNs;
    found = step;
  }
  return found;
}

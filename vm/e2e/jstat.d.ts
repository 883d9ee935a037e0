/** The one function that we use of jstat, which has no types of its own. */
declare module 'jstat' {
  const jStat: {
    /** Student's t distribution. */
    readonly studentt: {
      /** The quantile of probability `p`. */
      inv(p: number, degreesOfFreedom: number): number;
    };
  };
  export default jStat;
}

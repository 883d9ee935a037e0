import { describe, expect, it } from 'vitest';
import { differs, perturbation, spread } from '../../../vm/e2e/samples.ts';

describe('perturbations', () => {
  it('depend on seed and index only', () => {
    expect(perturbation('a', 1)).toEqual(perturbation('a', 1));
    expect(perturbation('a', 1)).not.toEqual(perturbation('a', 2));
    expect(perturbation('a', 1)).not.toEqual(perturbation('b', 1));
  });

  it('stay in their bounds', () => {
    for (let index = 0; index < 200; index++) {
      const { delayNs, fileBytes, heldPages } = perturbation('bounds', index);
      expect(delayNs).toBeGreaterThanOrEqual(0);
      expect(delayNs).toBeLessThan(250e6);
      expect(fileBytes.length).toBeGreaterThanOrEqual(1);
      expect(fileBytes.length).toBeLessThanOrEqual(8);
      expect(Math.max(...fileBytes)).toBeLessThanOrEqual(2 ** 20);
      expect(heldPages).toBeLessThan(4096);
    }
  });
});

describe('spread', () => {
  it("gives Student's t interval of the mean", () => {
    // t(0.975, 2) = 4.302653 (any table); mean 3, standard deviation 1, so half the width is 4.302653 / sqrt(3).
    const { median, min, max, stddev, ci95 } = spread([2, 4, 3]);
    expect({ median, min, max, stddev }).toEqual({ median: 3, min: 2, max: 4, stddev: 1 });
    expect(ci95[0]).toBeCloseTo(3 - 2.484138, 5);
    expect(ci95[1]).toBeCloseTo(3 + 2.484138, 5);
  });

  it('claims a difference only when the intervals do not meet', () => {
    expect(differs(spread([1, 1.01, 0.99]), spread([2, 2.01, 1.99]))).toBe(true);
    expect(differs(spread([1, 1.5, 0.5]), spread([1.2, 1.7, 0.7]))).toBe(false);
  });
});

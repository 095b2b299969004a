// Reproducible randomness.

/**
 * A Mulberry32 generator: small, and good enough to cut texts into pieces.
 *
 * @param {number} seed
 */
export function chance(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  /** An integer from 0 to below the limit. */
  const below = limit => Math.floor(next() * limit);
  return {
    below,
    pick: list => list[below(list.length)],
    /** Cuts bytes into pieces, some of them empty. */
    cut(bytes) {
      const pieces = [];
      for (let at = 0; at < bytes.length;) {
        const end = at + below(below(3) ? 6 : 60);
        pieces.push(bytes.subarray(at, end));
        at = end;
      }
      return pieces;
    },
  };
}

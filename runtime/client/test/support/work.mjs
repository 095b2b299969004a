// How much work reading is, counted, so that it does not depend on what else the machine does.

/**
 * What looks at text or bytes, or copies them, and how much of them. `+=` does neither: engines keep what it makes as
 * ropes until somebody looks.
 *
 * @type {[owner: object, name: string, cost: (self: any, args: any[], result: any) => number][]}
 */
const OPERATIONS = [
  [String.prototype, 'slice', (_, __, result) => result.length],
  [String.prototype, 'substring', (_, __, result) => result.length],
  [String.prototype, 'split', text => text.length],
  [String.prototype, 'indexOf', (text, [, from = 0], at) => (at < 0 ? text.length : at) - from],
  [String.prototype, 'includes', text => text.length],
  [String.prototype, 'endsWith', (_, [end]) => end.length],
  [String.prototype, 'replace', text => text.length],
  // Also what `test` and `replace` are made of.
  [RegExp.prototype, 'exec', (_, [text], found) => (found ? found.index + found[0].length : text.length)],
  [JSON, 'parse', (_, [text]) => text.length],
  [TextDecoder.prototype, 'decode', (_, [bytes]) => bytes?.length ?? 0],
  [Uint8Array.prototype, 'set', (_, [bytes]) => bytes.length],
];

/** The sum of it while a function runs. */
export function work(run) {
  let sum = 0;
  const originals = OPERATIONS.map(([owner, name, cost]) => {
    const original = owner[name];
    owner[name] = function (...args) {
      const start = this.global ? this.lastIndex : 0; // a pattern that goes on from where it was
      const result = original.apply(this, args);
      sum += cost(this, args, result) - start;
      return result;
    };
    return original;
  });
  try {
    run();
  } finally {
    OPERATIONS.forEach(([owner, name], i) => (owner[name] = originals[i]));
  }
  return sum;
}

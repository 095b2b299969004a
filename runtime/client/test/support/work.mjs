// Measures the work of reading by counting, so that the load of the machine does not matter.

/**
 * Operations that scan or copy text or bytes, with the amount. Appending does neither: engines keep such strings as
 * ropes until they are read.
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
  // `test` and `replace` use it too.
  [RegExp.prototype, 'exec', (_, [text], found) => (found ? found.index + found[0].length : text.length)],
  [JSON, 'parse', (_, [text]) => text.length],
  [TextDecoder.prototype, 'decode', (_, [bytes]) => bytes?.length ?? 0],
  [Uint8Array.prototype, 'set', (_, [bytes]) => bytes.length],
];

/** The amount of work that a function does. */
export function work(run) {
  let sum = 0;
  const originals = OPERATIONS.map(([owner, name, cost]) => {
    const original = owner[name];
    owner[name] = function (...args) {
      const start = this.global ? this.lastIndex : 0; // a global pattern continues where it stopped
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

// How much a page loads: `npm run size`. Minified and gzipped, as servers send it, and held below a bar each.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { bundle, core } from './build.mjs';

/**
 * What is loaded, and the bytes that each may have: what the features cost, and one hundredth more. Whoever adds one
 * looks here.
 *
 * @type {[name: string, bar: number, code: () => Promise<string | Buffer>][]}
 */
const LOADED = [
  ['core with all decoders', 6300, core],
  ['script with the jQuery plugin', 7200, () => readFile(new URL('outflow.js', import.meta.url))],
  ['part for timeouts, reconnecting and runs', 1700, () => bundle('outflow/lasting.mjs', { format: 'esm' })],
  ['part for upload progress', 700, () => bundle('outflow/upload.mjs', { format: 'esm' })],
  ['core with its parts', 8200, () => bundle('outflow/full.mjs', { format: 'esm' })],
];

const gzipped = code => gzipSync(code, { level: 9 }).length;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, bar, code] of LOADED) {
    const bytes = gzipped(await code());
    const isTooLarge = bytes > bar;
    console.log(`${name}: ${bytes} bytes of ${bar}${isTooLarge ? ', which is TOO LARGE' : ''}`);
    if (isTooLarge) process.exitCode = 1;
  }
}

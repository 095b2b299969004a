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
  ['core with all decoders', 6432, core],
  ['script with the jQuery plugin', 7325, () => readFile(new URL('outflow.js', import.meta.url))],
  ['part for timeouts, reconnecting and runs', 1532, () => bundle('outflow/lasting.mjs', { format: 'esm' })],
  ['part for upload progress', 670, () => bundle('outflow/upload.mjs', { format: 'esm' })],
  ['part for a warning of many streams', 470, () => bundle('outflow/crowd.mjs', { format: 'esm' })],
  ['core with its parts', 8580, () => bundle('outflow/full.mjs', { format: 'esm' })],
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

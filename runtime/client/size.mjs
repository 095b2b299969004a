// How much a page loads: `npm run size`. Minified and gzipped, as servers send it, and held below a bar each.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { bundle, core } from './build.mjs';

/**
 * What is loaded, and the bytes that each may have: what it had when its bar was set, and one hundredth more. So nothing
 * grows unseen, and whoever adds a feature says here what it costs.
 *
 * @type {[name: string, bar: number, code: () => Promise<string | Buffer>][]}
 */
const LOADED = [
  ['core with all decoders', 6619, core],
  ['script with the jQuery plugin', 7525, () => readFile(new URL('outflow.js', import.meta.url))],
  ['part for timeouts, reconnecting and runs', 1626, () => bundle('outflow/lasting.mjs', { format: 'esm' })],
  ['part for upload progress', 670, () => bundle('outflow/upload.mjs', { format: 'esm' })],
  ['part for a warning of many streams', 410, () => bundle('outflow/crowd.mjs', { format: 'esm' })],
  ['core with its parts', 8833, () => bundle('outflow/full.mjs', { format: 'esm' })],
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

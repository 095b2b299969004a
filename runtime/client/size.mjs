// The bytes that a page loads: `npm run size`. Minified, gzipped as servers send them, and checked against limits.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { bundle, core } from './build.mjs';

/**
 * The bundles and their limits: the size when the limit was set, plus one percent. Nothing grows unnoticed, and a
 * change that needs more bytes raises the limit here.
 *
 * @type {[name: string, limit: number, code: () => Promise<string | Buffer>][]}
 */
const LOADED = [
  ['core with all decoders', 7406, core],
  ['script with the jQuery plugin', 8316, () => readFile(new URL('outflow.js', import.meta.url))],
  ['lazy module for timeouts, reconnecting and runs', 1710, () => bundle('outflow/session.mjs', { format: 'esm' })],
  ['lazy module for upload progress', 670, () => bundle('outflow/upload.mjs', { format: 'esm' })],
  ['lazy module for the connection warning', 410, () => bundle('outflow/connection-warning.mjs', { format: 'esm' })],
  ['mocks for tests', 2048, () => bundle('mock/index.mjs', { format: 'esm' })],
  ['core with all lazy modules', 9621, () => bundle('outflow/full.mjs', { format: 'esm' })],
];

const gzipped = code => gzipSync(code, { level: 9 }).length;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, limit, code] of LOADED) {
    const bytes = gzipped(await code());
    const isTooLarge = bytes > limit;
    console.log(`${name}: ${bytes} bytes of ${limit}${isTooLarge ? ', which is TOO LARGE' : ''}`);
    if (isTooLarge) process.exitCode = 1;
  }
}

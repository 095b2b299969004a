// How much a page loads: `npm run size`. Minified and gzipped, as servers send it, and held below a bar each.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { bundle } from './build.mjs';

/** Bytes that each may have. They are what the features cost, and one hundredth more: whoever adds one looks here. */
const BARS = {
  'core with all decoders': 7558,
  'script with the jQuery plugin': 8393,
};

/** Bytes by name. */
export async function sizes() {
  const gzipped = code => gzipSync(code, { level: 9 }).length;
  return {
    'core with all decoders': gzipped(await bundle('outflow.mjs', { format: 'esm' })),
    'script with the jQuery plugin': gzipped(await readFile(new URL('outflow.js', import.meta.url))),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, bytes] of Object.entries(await sizes())) {
    const isTooLarge = bytes > BARS[name];
    console.log(`${name}: ${bytes} bytes of ${BARS[name]}${isTooLarge ? ', which is TOO LARGE' : ''}`);
    if (isTooLarge) process.exitCode = 1;
  }
}

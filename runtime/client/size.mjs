// The bytes that a page loads: `npm run size`. Minified, gzipped as servers send them, and checked against limits.

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { bundle, core, fullScript, script } from './build.mjs';

const lazy = path => () => bundle(`outflow/${path}.mjs`, { format: 'esm' });

/**
 * The bundles and their limits: the size when the limit was set, plus one percent. Nothing grows unnoticed, and a
 * change that needs more bytes raises the limit here.
 *
 * @type {[name: string, limit: number, code: () => Promise<string | Buffer>][]}
 */
const LOADED = [
  ['core with server-sent events', 6910, core],
  ['script with the jQuery plugin', 7775, script],
  ['script with all lazy modules', 13700, fullScript],
  ['core with all lazy modules', 13200, () => bundle('outflow/full.mjs', { format: 'esm' })],
  [
    'transport for the AI SDK, beside the core',
    2048,
    () => bundle('outflow/ai-sdk.mjs', { format: 'esm', external: ['./stream.mjs'] }),
  ],
  ['mocks for tests', 2048, () => bundle('mock/index.mjs', { format: 'esm' })],
  ['lazy module for timeouts, reconnecting and runs', 2120, lazy('session')],
  ['lazy module for reading ahead', 340, lazy('ahead')],
  ['lazy module for one connection for all tabs', 1908, lazy('shared')],
  ['lazy module for other content types and failures', 1195, lazy('response')],
  ['lazy module for JSON envelopes', 644, lazy('decoders/envelope')],
  ['lazy module for the frames of Hazaar', 686, lazy('decoders/frames')],
  ['lazy module for JSON documents', 142, lazy('decoders/json')],
  ['lazy module for newline-delimited JSON', 220, lazy('decoders/ndjson')],
  ['lazy module for upload progress', 701, lazy('upload')],
  ['lazy module for the connection warning', 410, lazy('warning')],
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

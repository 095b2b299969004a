// The modules as the crate serves them, imported by a page and by a worker without a bundler.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('fixture');
after(() => server.kill());

test('a page imports the module', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const found = await page.evaluate(async () => {
    const { stream, StreamError, decoders } = await import('/outflow/full.mjs');
    const packets = [];
    const iterator = stream('/demo/quick')[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await iterator.next();
      if (done) return { packets, result: value, names: [StreamError.name, ...Object.keys(decoders)] };
      packets.push(value);
    }
  });
  assert.deepEqual(found, {
    packets: [{ n: 1 }, { n: 2 }, { n: 3 }],
    result: { total: 3 },
    names: ['StreamError', 'envelope', 'frames', 'json', 'ndjson', 'sse'],
  });
});

test('a page imports the plugin', async t => {
  const page = await open(t, browser, server.url, { jQuery: 'jquery-4/dist/jquery.js', outflow: false });
  const found = await page.evaluate(async () => {
    const { install } = await import('/outflow/jquery.mjs');
    install(jQuery);
    return jQuery.stream('/demo/quick');
  });
  assert.deepEqual(found, { total: 3 });
});

test('a worker imports the module', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const found = await page.evaluate(() => {
    const code = `
      import { stream } from '${location.origin}/outflow.mjs';
      postMessage(await stream('${location.origin}/demo/quick').result);
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
    });
  });
  assert.deepEqual(found, { total: 3 });
});

test('Hazaar frames, from this server and from an old one', async t => {
  const page = await open(t, browser, server.url);
  const [asked, old] = await page.evaluate(async () => {
    // With the header of the original client.
    const headers = { accept: '*/*', 'x-request-type': 'stream' };
    const asked = await calls(outflow.stream('/demo/late', { headers }));
    const type = { 'content-type': 'application/octet-stream;charset=ISO-8859-1' };
    const bytes = Uint8Array.of(0x31, 0, 0x73, 0x80, 0, 0x73, 0xe9);
    const fetch = async () => new Response(bytes, { headers: type });
    return [asked, await calls(outflow.stream('/', { fetch }))];
  });
  const failed = ['fail', 'server', 409, 'the basket is full'];
  assert.deepEqual(asked, [['progress', 'one'], ['progress', 'two'], failed, ['always']]);
  assert.deepEqual(old, [['progress', '€'], ['done', 'é'], ['always']]);
});

// Streams behind a proxy that buffers by default.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { DONE, SSE, event } from '../../runtime/client/test/support/server.mjs';
import { launch, open } from './support/browser.mjs';
import { startNginx } from './support/nginx.mjs';
import { servePage } from './support/raw.mjs';

const browser = await launch();

/**
 * Opens a page through nginx, and returns the response to its stream, which the test writes. The body ends with the
 * connection, as in many applications behind nginx, because nginx never buffers chunks.
 */
async function behindNginx(t, ...fields) {
  let connection;
  const upstream = await servePage(t, asked => {
    connection = asked;
    connection.write(['HTTP/1.1 200 OK', SSE, 'connection: close', ...fields, '', event(0)].join('\r\n'));
  });
  const page = await open(t, browser, await startNginx(t, upstream), { outflow: false });
  await page.addScriptTag({ url: '/outflow.js' });
  await page.evaluate(() => {
    globalThis.running = outflow.stream('/stream');
    globalThis.packets = running[Symbol.asyncIterator]();
  });
  await until(() => connection);
  return { page, connection, next: () => page.evaluate(() => packets.next()) };
}

test('nginx with `X-Accel-Buffering: no`: each packet is there before the next one is sent', async t => {
  const { page, connection, next } = await behindNginx(t, 'x-accel-buffering: no');
  for (let n = 0; n < 5; n++) {
    assert.deepEqual(await next(), { value: n, done: false });
    connection.write(n < 4 ? event(n + 1) : event('bye', 'done'));
  }
  connection.close();
  assert.deepEqual(await next(), { value: 'bye', done: true });
  assert.match(await page.evaluate(async () => (await running.response).headers.get('server')), /nginx/);
});

test('nginx without it: packets arrive late, but all of them', async t => {
  const { page, connection, next } = await behindNginx(t);
  const first = next();
  let isThere = false;
  void first.then(() => (isThere = true));
  // Each packet of the test above arrives much faster than in half a second.
  await new Promise(resolve => setTimeout(resolve, 500));
  assert.equal(isThere, false, 'nginx holds it back, or this test proves nothing');
  connection.write(event(1) + DONE);
  connection.close();
  assert.deepEqual(await first, { value: 0, done: false });
  assert.deepEqual(await next(), { value: 1, done: false });
  assert.equal((await next()).done, true);
  assert.equal(await page.evaluate(() => running.state), 'done');
});

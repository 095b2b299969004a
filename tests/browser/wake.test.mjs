// The wait before the next attempt ends when the network is back.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DONE, event } from '../../runtime/client/test/support/server.mjs';
import { launch, open } from './support/browser.mjs';
import { servePage } from './support/raw.mjs';

const browser = await launch();

test('a stream that waits for days connects as soon as the page is online', async t => {
  let requests = 0;
  let first;
  const url = await servePage(t, connection => {
    requests += 1;
    if (requests === 1) return (first = connection.sse().chunk(event(1)));
    connection.sse().chunk(event(2), DONE).end();
  });
  const page = await open(t, browser, url);
  await page.evaluate(() => {
    globalThis.running = outflow.stream('/x', { reconnect: { delay: 1e9, maxDelay: 1e9 } });
    globalThis.list = calls(running);
    return until(() => running.stats.packets === 1);
  });
  first.reset();
  await page.evaluate(() => until(() => running.state === 'reconnecting'));
  await page.context().setOffline(true);
  assert.deepEqual([await page.evaluate(() => running.state), requests], ['reconnecting', 1]);
  await page.context().setOffline(false);
  assert.deepEqual(await page.evaluate(() => list), [
    ['progress', 1],
    ['progress', 2],
    ['done', undefined],
    ['always'],
  ]);
  assert.equal(requests, 2);
});

test('a button connects at once', async t => {
  let requests = 0;
  const url = await servePage(t, connection => {
    requests += 1;
    if (requests === 1) return connection.head('503 Busy', 'retry-after: 3600', 'content-length: 0');
    connection.sse().chunk(DONE).end();
  });
  const page = await open(t, browser, url);
  const list = await page.evaluate(async () => {
    const running = outflow.stream('/x', { reconnect: true });
    const list = calls(running);
    const button = document.body.appendChild(document.createElement('button'));
    button.onclick = running.reconnectNow;
    await until(() => running.state === 'reconnecting');
    button.click();
    return list;
  });
  assert.deepEqual(list, [['done', undefined], ['always']]);
});

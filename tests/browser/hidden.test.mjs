// A hidden page: its timers fire once a second, but its streams go on at full speed.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import puppeteer from 'puppeteer-core';

import { DONE, event } from '../../runtime/client/test/support/server.mjs';
import { FLAGS, chromiumPath } from './support/browser.mjs';
import { servePage } from './support/raw.mjs';

// Without Playwright, which tells every page that it is visible, and disables the throttling of timers.
const browser = await puppeteer.launch({
  executablePath: chromiumPath(),
  args: FLAGS,
  ignoreDefaultArgs: [
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
  ],
});
after(() => browser.close());

/** As many packets as in two minutes at ten a second, in steps: the next ones are sent when the page has these. */
const PACKETS = 1200;
const STEP = 100;

test('packets for a hidden page wait for no timer', async t => {
  let connection;
  const send = from => {
    const packets = Array.from({ length: STEP }, (_, i) => event(from + i));
    connection.chunk(from < PACKETS ? packets.join('') : DONE);
  };
  const url = await servePage(t, asked => {
    const [path, seen] = asked.request.path.split('?');
    if (path === '/seen') {
      asked.head('204 No Content', 'content-length: 0');
      return send(Number(seen) + 1);
    }
    connection = asked.sse();
    send(0);
  });
  const page = await browser.newPage();
  await page.goto(`${url}with-script`);
  const other = await browser.newPage();
  await other.bringToFront();

  const { states, timers, list, ms } = await page.evaluate(async step => {
    const start = performance.now();
    const states = [document.visibilityState];
    for (let i = 0; i < 8; i++) await new Promise(resolve => setTimeout(resolve, 1));
    const timers = performance.now() - start;
    const list = [];
    // With a timeout, so that there are timers to fire late, and with work that makes the stream yield to the page.
    const running = outflow.stream('/stream', { idleTimeout: 5000 }).progress(packet => {
      list.push(packet);
      for (const start = performance.now(); packet % 10 === 0 && performance.now() - start < 10;);
      if ((packet + 1) % step === 0) void fetch(`/seen?${packet}`);
    });
    await running.result;
    states.push(document.visibilityState);
    return { states, timers, list, ms: performance.now() - start - timers };
  }, STEP);
  assert.deepEqual(states, ['hidden', 'hidden']);
  assert.ok(timers > 3000, `timers are held back, or this test proves nothing: ${timers} ms`);
  t.diagnostic(`eight timers of 1 ms took ${timers.toFixed(0)} ms, ${PACKETS} packets ${ms.toFixed(0)} ms`);
  assert.deepEqual(
    list,
    Array.from({ length: PACKETS }, (_, i) => i),
  );
  assert.ok(ms < 20_000, `with a timer at each turn it takes a minute; it took ${ms} ms`);
});

// TLS and HTTP/2 without a proxy: a browser takes them, and more than six streams at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();

test('over HTTP/2 a page holds a dozen streams, and has room for more', async t => {
  const server = await start('tls');
  t.after(() => server.kill());
  const page = await open(t, browser, server.url, { outflow: false, anyCertificate: true });

  assert.equal(await page.locator('#protocol').textContent(), 'h2');
  const clocks = page.locator('#clocks li');
  await page.evaluate(() =>
    until(() => [...document.querySelectorAll('#clocks li')].every(clock => /: \d+$/.test(clock.textContent))),
  );
  assert.equal(await clocks.count(), 12);

  // Over HTTP/1.1 nothing else would get through.
  const found = await page.evaluate(async () => {
    const script = await fetch('/outflow.js', { cache: 'no-store' });
    const more = outflow.stream('/city/100/clock').progress(() => {});
    await until(() => more.stats.packets === 2);
    more.abort();
    const protocols = performance.getEntriesByType('resource').map(({ nextHopProtocol }) => nextHopProtocol);
    return [script.status, [...new Set(protocols)]];
  });
  assert.deepEqual(found, [200, ['h2']]);
});

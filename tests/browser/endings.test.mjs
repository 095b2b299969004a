// Every way a stream can end, in a browser, against the project's own server.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('fixture');
after(() => server.kill());

const calls = async (t, path) => {
  const page = await open(t, browser, server.url);
  return page.evaluate(path => calls(outflow.stream(path)), path);
};

test('packets and a result', async t => {
  assert.deepEqual(await calls(t, '/demo/quick'), [
    ['progress', { n: 1 }],
    ['progress', { n: 2 }],
    ['progress', { n: 3 }],
    ['done', { total: 3 }],
    ['always'],
  ]);
});

test('a failure before the first packet', async t => {
  assert.deepEqual(await calls(t, '/demo/early'), [['fail', 'http', 422, 'no such fruit'], ['always']]);
});

test('a failure after packets', async t => {
  assert.deepEqual(await calls(t, '/demo/late'), [
    ['progress', 'one'],
    ['progress', 'two'],
    ['fail', 'server', 409, 'the basket is full'],
    ['always'],
  ]);
});

test('a panic, before and after the first packet', async t => {
  assert.deepEqual(await calls(t, '/demo/early-panic'), [['fail', 'http', 500, undefined], ['always']]);
  assert.deepEqual(await calls(t, '/demo/panic'), [
    ['progress', 'one'],
    ['fail', 'server', 500, undefined],
    ['always'],
  ]);
});

test('a connection that is cut never ends in `done`', async t => {
  assert.deepEqual(await calls(t, '/demo/cut'), [
    ['progress', 'one'],
    ['progress', 'two'],
    ['fail', 'network', undefined, undefined],
    ['always'],
  ]);
});

test('a path that does not exist', async t => {
  const [[name, code, status]] = await calls(t, '/nowhere');
  assert.deepEqual([name, code, status], ['fail', 'http', 404]);
});

test('an HTML page instead of a stream', async t => {
  assert.deepEqual(await calls(t, '/'), [['fail', 'protocol', undefined, undefined], ['always']]);
});

test('an unobserved failure appears on the console', async t => {
  const page = await open(t, browser, server.url, { errors: true });
  await page.evaluate(async () => {
    const told = new Promise(resolve => addEventListener('error', resolve, { once: true }));
    outflow.stream('/demo/late').progress(() => {});
    await told;
  });
  assert.deepEqual(page.errors, ['the basket is full']);
});

/** Runs in the page: starts an endless stream, and returns its number of packets and the ways to leave it. */
const leaving = {
  abort() {
    const running = outflow.stream('/demo/endless');
    running.progress(() => {});
    return { packets: () => running.stats.packets, leave: () => running.abort() };
  },
  signal() {
    const controller = new AbortController();
    const running = outflow.stream('/demo/endless', { signal: controller.signal }).fail(() => {});
    return { packets: () => running.stats.packets, leave: () => controller.abort() };
  },
  break() {
    const running = outflow.stream('/demo/endless');
    let isLeaving = false;
    void (async () => {
      for await (const _ of running) if (isLeaving) break;
    })();
    return { packets: () => running.stats.packets, leave: () => (isLeaving = true) };
  },
};

for (const [name, begin] of Object.entries(leaving)) {
  test(`stop in the middle: ${name}`, async t => {
    const page = await open(t, browser, server.url);
    const stream = await page.evaluateHandle(`({ ${begin} }).${name}()`);
    const ms = await page.evaluate(async ({ packets, leave }) => {
      await until(async () => packets() >= 3 && (await live()) === 1);
      leave();
      return until(async () => (await live()) === 0);
    }, stream);
    t.diagnostic(`the action was gone after ${ms.toFixed(1)} ms`);
    assert.ok(ms < 2000, `${ms} ms`);
  });
}

test('leaving the page stops the action', async t => {
  const page = await open(t, browser, server.url);
  await page.evaluate(() => new Promise(resolve => outflow.stream('/demo/endless').progress(resolve)));
  await page.goto(`${server.url}/demo/live`);
  const other = await open(t, browser, server.url, { outflow: false });
  const ms = await other.evaluate(() => until(async () => (await live()) === 0));
  assert.ok(ms < 2000, `${ms} ms`);
});

test('the server dies', async t => {
  const mortal = await start('fixture');
  const page = await open(t, browser, mortal.url);
  await page.evaluate(() => {
    globalThis.running = outflow.stream('/demo/endless');
    globalThis.outcome = running.result.catch(error => error.code);
    return new Promise(resolve => running.progress(resolve));
  });
  await mortal.kill();
  assert.equal(await page.evaluate(() => outcome), 'network');
});

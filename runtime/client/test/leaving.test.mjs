// A page that is being left. The browser cuts its connections then, which is neither reported nor retried.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { names, recorded, reports, turn, until } from './support/observe.mjs';
import { DONE, event, serve } from './support/server.mjs';
import { stub } from './support/stub.mjs';

/** The longest time that a navigation may take, and a little more. */
const LONG = 10_001;

/** A page, whose events the test dispatches. */
function openPage(t) {
  const page = new EventTarget();
  const listeners = new Set();
  stub(t, {
    addEventListener(type, listener) {
      listeners.add(type);
      page.addEventListener(type, listener);
    },
    removeEventListener(type, listener) {
      listeners.delete(type);
      page.removeEventListener(type, listener);
    },
  });
  const dispatch = type => page.dispatchEvent(new Event(type));
  t.after(() => dispatch('pageshow')); // the tests of this file share one client
  return { listeners, dispatch };
}

/** A server whose first connection the test cuts. All others are whole. */
async function cuttable(t) {
  const connections = [];
  const url = await serve(t, connection => {
    connections.push(connection);
    connection.sse().chunk(event(connections.length));
    if (connections.length > 1) connection.chunk(DONE).end();
  });
  return { url, connections, cut: () => connections[0].reset() };
}

/** Waits for as long as a cut needs to be reported. */
async function quietly() {
  for (let i = 0; i < 10; i++) await turn();
}

const ORDERS = { Chromium: ['beforeunload', 'pagehide'], Firefox: ['beforeunload'], 'an old Safari': ['pagehide'] };

for (const [browser, events] of Object.entries(ORDERS)) {
  test(`a cut while the page is left is not reported, in the order of ${browser}`, async t => {
    const reported = reports(t);
    const page = openPage(t);
    for (const reconnect of [undefined, { delay: 1 }]) {
      for (const isHandled of [false, true]) {
        const { url, connections, cut } = await cuttable(t);
        const calls = [];
        const left = stream(url, { reconnect }).onState(({ state }) => calls.push(state));
        if (isHandled) left.fail(() => calls.push('fail')).always(() => calls.push('always'));
        await until(() => left.stats.packets === 1);
        for (const type of events) page.dispatch(type);
        cut();
        if (events.length === 1) await quietly();
        page.dispatch('pagehide');
        await quietly();
        assert.deepEqual([calls, connections.length], [['open'], 1]);
        left.abort();
        page.dispatch('pageshow');
      }
    }
    assert.deepEqual(reported, []);
  });
}

test('a page that comes back gets the failure, or reconnects', async t => {
  const page = openPage(t);
  for (const [reconnect, expected] of [
    [undefined, [1, 'network', 'always']],
    [{ delay: 1 }, [1, 2, 'done', 'always']],
  ]) {
    const { url, cut } = await cuttable(t);
    const left = stream(url, { reconnect });
    const calls = recorded(left);
    await until(() => left.stats.packets === 1);
    page.dispatch('pagehide');
    cut();
    await quietly();
    page.dispatch('pageshow');
    assert.deepEqual(names(await calls), expected);
  }
});

test('a page that comes back reconnects at once, however long the delay', async t => {
  const page = openPage(t);
  const { url, cut } = await cuttable(t);
  const delays = [];
  const left = stream(url, { reconnect: { delay: 1e9, maxDelay: 1e9 } });
  const calls = recorded(left.onState(({ delay }) => delays.push(delay)));
  await until(() => left.stats.packets === 1);
  page.dispatch('pagehide');
  cut();
  await quietly();
  page.dispatch('pageshow');
  assert.deepEqual(names(await calls), [1, 2, 'done', 'always']);
  assert.deepEqual(delays, [undefined, 0, undefined, undefined]);
});

test('a page that is not left after all gets the failure in the end', async t => {
  const page = openPage(t);
  const { url, cut } = await cuttable(t);
  const kept = stream(url);
  const calls = recorded(kept);
  await until(() => kept.stats.packets === 1);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  page.dispatch('beforeunload'); // a download, or a user who stays
  cut();
  for (let i = 0; i < 100; i++) await new Promise(setImmediate);
  assert.equal(kept.state, 'open');
  t.mock.timers.tick(LONG);
  t.mock.timers.reset();
  assert.deepEqual(names(await calls), [1, 'network', 'always']);
});

test('a wait to reconnect does not end while the page is left', async t => {
  const page = openPage(t);
  const { url, connections, cut } = await cuttable(t);
  const waiting = stream(url, { reconnect: { delay: 20 } }).fail(() => {});
  await until(() => waiting.stats.packets === 1);
  cut();
  await until(() => waiting.state === 'reconnecting');
  page.dispatch('beforeunload');
  await quietly();
  assert.equal(connections.length, 1);
  page.dispatch('pageshow');
  await waiting.result;
});

test('an abort while the page is left works as ever', async t => {
  const page = openPage(t);
  const { url, cut } = await cuttable(t);
  const left = stream(url);
  await until(() => left.stats.packets === 1);
  page.dispatch('pagehide');
  cut();
  await quietly();
  left.abort();
  assert.deepEqual(
    (await recorded(left)).map(([name, value]) => value?.name ?? name),
    ['AbortError', 'always'],
  );
});

test('`beforeunload`, which keeps some browsers from caching a page, is only listened to while a stream runs', async t => {
  const page = openPage(t);
  const { url } = await cuttable(t);
  const one = stream(url).progress(() => {});
  await until(() => one.stats.packets === 1);
  assert.ok(page.listeners.has('beforeunload'));
  const other = stream(url).progress(() => {});
  await other.result;
  assert.ok(page.listeners.has('beforeunload'), 'one stream is left');
  one.abort();
  assert.equal(page.listeners.has('beforeunload'), false);
});

// What ends the wait before the next attempt: the network or the page is back, or the caller says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lazy } from '../outflow/lazy.mjs';
import { stream } from '../outflow.mjs';
import { names, recorded, turn, until } from './support/observe.mjs';
import { DONE, serveInTurn } from './support/server.mjs';
import { stub } from './support/stub.mjs';

/** A delay of days, most of the time. */
const LONG = { delay: 1e9, maxDelay: 1e9 };

/** The events of a page, and the number of its listeners. */
function openPage(t) {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: true });
  const listeners = { added: 0, removed: 0 };
  const listen = target => (type, listener, options) => {
    target.addEventListener(type, listener, options);
    if (!options?.signal) return; // those of the page's life are not of the wait
    listeners.added += 1;
    options.signal.addEventListener('abort', () => (listeners.removed += 1));
  };
  const page = { listeners, window, document };
  stub(t, {
    document: {
      ...document,
      get hidden() {
        return document.hidden;
      },
      addEventListener: listen(document),
    },
    addEventListener: listen(window),
    removeEventListener() {},
  });
  return page;
}

const cutThenDone = t =>
  serveInTurn(
    t,
    connection => connection.reset(),
    connection => connection.sse().chunk(DONE).end(),
  );

const EVENTS = {
  'the network is back': ({ window }) => window.dispatchEvent(new Event('online')),
  'the page is back from the cache': ({ window }) => window.dispatchEvent(new Event('pageshow')),
  'the page is shown': ({ document }) => {
    document.hidden = false;
    document.dispatchEvent(new Event('visibilitychange'));
  },
};

for (const [name, happen] of Object.entries(EVENTS)) {
  test(`${name}: the stream connects at once`, async t => {
    const page = openPage(t);
    const { url, requests } = await cutThenDone(t);
    const waiting = stream(url, { reconnect: LONG });
    const calls = recorded(waiting);
    await until(() => waiting.state === 'reconnecting' && page.listeners.added);
    await turn();
    assert.equal(requests.length, 1);
    happen(page);
    assert.deepEqual(names(await calls), ['done', 'always']);
    assert.equal(requests.length, 2);
    assert.equal(page.listeners.removed, page.listeners.added, 'no listener is left');
  });
}

test('a page that is hidden ends no wait', async t => {
  const page = openPage(t);
  const { url, requests } = await cutThenDone(t);
  const waiting = stream(url, { reconnect: LONG }).fail(() => {});
  await until(() => waiting.state === 'reconnecting' && page.listeners.added);
  page.document.dispatchEvent(new Event('visibilitychange'));
  await turn();
  assert.deepEqual([waiting.state, requests.length], ['reconnecting', 1]);
  waiting.abort();
  await turn();
  assert.equal(page.listeners.removed, page.listeners.added, 'no listener is left');
});

const ASKED_FOR = {
  'a `Retry-After`': connection => connection.head('503 Busy', 'retry-after: 3600', 'content-length: 0'),
  'an announced end': connection => connection.sse().chunk('retry: 1000000000\n\n').end(),
};

for (const [name, answer] of Object.entries(ASKED_FOR)) {
  test(`a wait after ${name} ends only when the caller says so`, async t => {
    const page = openPage(t);
    const { url, requests } = await serveInTurn(t, answer, connection => connection.sse().chunk(DONE).end());
    const waiting = stream(url, { reconnect: LONG });
    const calls = recorded(waiting);
    await until(() => waiting.state === 'reconnecting');
    for (const happen of Object.values(EVENTS)) happen(page);
    await turn();
    assert.deepEqual([waiting.state, requests.length], ['reconnecting', 1]);
    waiting.reconnectNow();
    assert.deepEqual(names(await calls), ['done', 'always']);
    assert.equal(requests.length, 2);
  });

  test(`a page that comes back waits after ${name}`, async t => {
    const page = openPage(t);
    let finish;
    const { url, requests } = await serveInTurn(t, connection => (finish = () => answer(connection)));
    const delays = [];
    const left = stream(url, { reconnect: LONG });
    left.onState(({ delay }) => delays.push(delay)).fail(() => {});
    await until(() => finish);
    page.window.dispatchEvent(new Event('pagehide'));
    finish();
    await turn();
    page.window.dispatchEvent(new Event('pageshow'));
    await until(() => left.state === 'reconnecting');
    assert.ok(delays.at(-1) > 1000, `the wait is ${delays.at(-1)} ms`);
    assert.equal(requests.length, 1);
    left.abort();
  });
}

test('`reconnectNow` works within the handler that hears of the wait, and needs no `this`', async t => {
  const { url, requests } = await cutThenDone(t);
  const waiting = stream(url, { reconnect: LONG });
  const { reconnectNow } = waiting;
  waiting.onState(({ state }) => state === 'reconnecting' && reconnectNow());
  await waiting.result;
  assert.equal(requests.length, 2);
});

test('`reconnectNow` does nothing while there is no wait', async t => {
  const { url, requests } = await serveInTurn(t, connection => connection.sse().chunk('data: 1\n\n', DONE).end());
  const running = stream(url, { reconnect: LONG });
  running.reconnectNow();
  running.progress(() => running.reconnectNow());
  await running.result;
  running.reconnectNow();
  assert.deepEqual([requests.length, running.state], [1, 'done']);
});

test('`reconnectNow` tries an attempt although the page seems to be offline', async t => {
  openPage(t);
  stub(t, { navigator: { onLine: false } });
  const { url, requests } = await cutThenDone(t);
  const waiting = stream(url, { reconnect: { delay: 1 } });
  const calls = recorded(waiting);
  await until(() => waiting.state === 'reconnecting');
  await turn();
  assert.equal(requests.length, 1);
  waiting.reconnectNow();
  assert.deepEqual(names(await calls), ['done', 'always']);
});

test('`reconnectNow` ends the wait for a lazy module too', async t => {
  const { session } = lazy;
  t.after(() => (lazy.session = session));
  let loads = 0;
  lazy.session = async () => {
    if (loads++) return session();
    throw new TypeError('the network is down');
  };
  const { url } = await serveInTurn(t, connection => connection.sse().chunk(DONE).end());
  const waiting = stream(url, { reconnect: LONG });
  waiting.onState(({ state }) => state === 'reconnecting' && setTimeout(waiting.reconnectNow));
  await waiting.result;
  assert.equal(loads, 2);
});

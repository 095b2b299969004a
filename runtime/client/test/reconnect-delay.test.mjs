// When a stream reconnects: after which delay, online, and visible.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { retryDelay } from '../outflow/reconnect.mjs';
import { StreamError, stream } from '../outflow.mjs';
import { failure, recorded, until } from './support/observe.mjs';
import { DONE, eventWithId, serve, serveInTurn } from './support/server.mjs';
import { stub } from './support/stub.mjs';

/** A short delay, for tests. */
const SOON = { delay: 1 };

test('Retry-After sets the delay', async t => {
  const { url, requests } = await serveInTurn(
    t,
    connection => connection.head('503 Busy', 'retry-after: 1', 'content-length: 0'),
    connection => connection.sse().chunk(DONE).end(),
  );
  const states = [];
  await stream(url, { reconnect: { delay: 60_000 } }).onState(change => states.push(change)).result;
  assert.deepEqual([states[0].state, states[0].delay], ['reconnecting', 1000]);
  assert.equal(requests.length, 2);
});

test('abort during the delay ends the stream at once, and leaves no timer', async t => {
  const { url } = await serveInTurn(t, connection =>
    connection.head('503 Busy', 'retry-after: 3600', 'content-length: 0'),
  );
  const waiting = stream(url, { reconnect: true });
  await new Promise(resolve => waiting.onState(({ state }) => state === 'reconnecting' && resolve()));
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
  const before = timers();
  waiting.abort();
  assert.deepEqual(
    (await recorded(waiting)).map(([name, value]) => value?.name ?? name),
    ['AbortError', 'always'],
  );
  assert.ok(timers() < before, 'the timer is gone');
});

test('delays double, are random, and stay below the limit', () => {
  const error = new StreamError('network', '');
  const most = (failures, base = 1000, limit = 30_000) =>
    Math.max(...Array.from({ length: 2000 }, () => retryDelay(error, failures, base, limit)));
  for (const [failures, limit] of [
    [0, 1000],
    [1, 1000],
    [2, 2000],
    [5, 16_000],
    [6, 30_000],
    [2000, 30_000],
  ]) {
    const longest = most(failures);
    assert.ok(longest <= limit && longest > limit * 0.9, `${failures}: ${longest}`);
  }
  assert.ok(most(1, 60_000) > 50_000, 'a server may ask for more than our limit');
  const waits = Array.from({ length: 2000 }, () => retryDelay(error, 1, 1000, 30_000));
  assert.ok(waits.filter(wait => wait < 500).length > 800, 'as many come early as late');
});

test('delays longer than any timer do not become short', async t => {
  const error = new StreamError('http', '', { retryAfter: 30 * 24 * 3600 * 1000 });
  assert.equal(retryDelay(error, 1, 1000, 30_000), 2 ** 31 - 1);
  for (const answer of [
    connection => connection.head('503 Busy', 'retry-after: 2592000', 'content-length: 0'),
    connection => connection.sse().chunk('retry: 99999999999999999999\n\n').end(),
  ]) {
    const { url, requests } = await serveInTurn(t, answer);
    const waiting = stream(url, { reconnect: true }).fail(() => {});
    await until(() => waiting.state === 'reconnecting');
    await new Promise(resolve => setTimeout(resolve, 50)); // a timer that overflows fires after 1 ms
    assert.equal(requests.length, 1);
    waiting.abort();
  }
});

test('`retry: 0` does not turn the doubling off', async t => {
  const delays = [];
  const fetch = async () => {
    if (delays.length) throw new TypeError('it is gone');
    return new Response('retry: 0\n\ndata: 1\n\n', { headers: { 'content-type': 'text/event-stream' } });
  };
  t.mock.method(Math, 'random', () => 0.5);
  const options = { fetch, reconnect: { retries: 4 } };
  await failure(stream('/', options).onState(({ delay }) => delay !== undefined && delays.push(delay)));
  assert.deepEqual(delays, [50, 100, 200, 400]);
});

test('an offline page reconnects when it is online again', async t => {
  const { url, requests } = await serveInTurn(
    t,
    connection => connection.reset(),
    connection => connection.sse().chunk(DONE).end(),
  );
  const page = new EventTarget();
  const navigator = { onLine: false };
  stub(t, { navigator, addEventListener: page.addEventListener.bind(page), removeEventListener() {} });
  const offline = stream(url, { reconnect: { delay: 0 } });
  await new Promise(resolve => offline.onState(({ state }) => state === 'reconnecting' && resolve()));
  await new Promise(resolve => setTimeout(resolve, 20)); // longer than any delay in this test
  assert.equal(requests.length, 1);
  navigator.onLine = true;
  page.dispatchEvent(new Event('online'));
  await offline.result;
});

test('a hidden page keeps its connection, unless `pauseWhenHidden` is set', async t => {
  const document = Object.assign(new EventTarget(), { hidden: false });
  stub(t, { document });
  const connections = [];
  const url = await serve(t, connection => {
    connections.push(connection);
    connection.sse().chunk(eventWithId(connections.length));
  });
  const show = hidden => {
    document.hidden = hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };

  const steady = stream(url, { reconnect: SOON }).progress(() => {});
  await until(() => steady.stats.packets === 1);
  show(true);
  show(false);
  assert.equal(steady.state, 'open');
  steady.abort();

  const resting = stream(url, { reconnect: { ...SOON, pauseWhenHidden: true } }).progress(() => {});
  await until(() => resting.stats.packets === 1);
  show(true);
  await connections[1].closed;
  assert.equal(resting.state, 'reconnecting');
  await new Promise(resolve => setTimeout(resolve, 20)); // longer than any delay in this test
  assert.equal(connections.length, 2);
  for (let i = 0; i < 5; i++) show(i % 2 === 1);
  await until(() => resting.stats.packets === 2);
  assert.equal(connections.length, 3, 'one connection, however often the page came and went');
  assert.equal(connections[2].request.headers['last-event-id'], '2');
  resting.abort();
});

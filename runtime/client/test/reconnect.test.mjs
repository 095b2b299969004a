// A connection that broke is made again: when that is asked for, when it helps, and after how long.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lazy } from '../outflow/lazy.mjs';
import { retryDelay } from '../outflow/reconnect.mjs';
import { StreamError, stream } from '../outflow.mjs';
import { failure, recorded, until } from './support/observe.mjs';
import { DONE, SSE, event, serve } from './support/server.mjs';

/** Soon enough for tests. */
const SOON = { delay: 1 };
const { session } = lazy;
const withId = (id, data = id) => `id: ${id}\n${event(data)}`;

/**
 * Answers each request by the next of these, the last one for all the rest.
 *
 * @returns {Promise<{ url: string, requests: object[] }>}
 */
async function answering(t, ...answers) {
  const requests = [];
  const url = await serve(t, connection => {
    requests.push(connection.request);
    answers[Math.min(requests.length, answers.length) - 1](connection);
  });
  return { url, requests };
}

const names = calls =>
  calls.map(([name, value]) => (name === 'fail' ? value.code : name === 'progress' ? value : name));

test('it is off unless asked for', async t => {
  const { url, requests } = await answering(t, connection => connection.sse().chunk(event(1)).reset());
  for (const options of [{}, { reconnect: false }]) {
    assert.equal((await failure(stream(url, options))).code, 'network');
  }
  assert.equal(requests.length, 2);
});

test('it goes on after the last id, and nothing comes twice', async t => {
  const { url, requests } = await answering(
    t,
    connection =>
      connection
        .sse()
        .chunk(withId('a') + withId('b'), 'id: c\ndata: "half')
        .close(),
    connection => connection.sse().chunk(withId('c')).end(),
    connection => connection.sse().chunk(withId('d'), DONE).end(),
  );
  const states = [];
  const resumed = stream(url, { reconnect: SOON }).onState(change => states.push(change));
  assert.deepEqual(names(await recorded(resumed)), ['a', 'b', 'c', 'd', 'done', 'always']);
  assert.deepEqual(
    requests.map(({ headers }) => headers['last-event-id']),
    [undefined, 'b', 'c'],
  );
  assert.deepEqual(
    states.map(({ state }) => state),
    ['open', 'reconnecting', 'open', 'reconnecting', 'open', 'done'],
  );
  assert.deepEqual([states[1].error.code, states[3].error.code], ['network', 'truncated']);
  assert.equal(typeof states[1].delay, 'number');
  assert.equal(resumed.stats.attempts, 3);
});

test('an id without data counts, one whose event did not end does not', async t => {
  const { url, requests } = await answering(
    t,
    connection => connection.sse().chunk('id: 0\n\n', 'id: 1\n').end(),
    connection => connection.sse().chunk(DONE).end(),
  );
  await stream(url, { reconnect: SOON }).result;
  assert.equal(requests[1].headers['last-event-id'], '0');
});

test('the iterator sees one stream', async t => {
  const { url } = await answering(
    t,
    connection => connection.sse().chunk(withId(1)).reset(),
    connection => connection.sse().chunk(withId(2), event('bye', 'done')).end(),
  );
  const packets = stream(url, { reconnect: SOON })[Symbol.asyncIterator]();
  const got = [await packets.next(), await packets.next(), await packets.next()];
  assert.deepEqual(
    got.map(({ value }) => value),
    [1, 2, 'bye'],
  );
});

test('headers are made for each attempt', async t => {
  const { url, requests } = await answering(
    t,
    connection => connection.reset(),
    connection => connection.sse().chunk(DONE).end(),
  );
  await stream(url, { reconnect: SOON, headers: attempt => ({ 'x-token': `t${attempt}` }) }).result;
  assert.deepEqual(
    requests.map(({ headers }) => headers['x-token']),
    ['t1', 't2'],
  );
});

test('a status that may pass is tried again, when the server says', async t => {
  const { url, requests } = await answering(
    t,
    connection => connection.head('503 Busy', 'retry-after: 1', 'content-length: 0'),
    connection => connection.sse().chunk(DONE).end(),
  );
  const states = [];
  await stream(url, { reconnect: { delay: 60_000 } }).onState(change => states.push(change)).result;
  assert.deepEqual([states[0].state, states[0].delay], ['reconnecting', 1000]);
  assert.equal(requests.length, 2);
});

test('a server that shuts down in the middle is come back to', async t => {
  const { url } = await answering(
    t,
    connection =>
      connection
        .sse()
        .chunk(withId(1) + event({ status: 503 }, 'error'))
        .end(),
    connection => connection.sse().chunk(withId(2), DONE).end(),
  );
  assert.deepEqual(names(await recorded(stream(url, { reconnect: SOON }))), [1, 2, 'done', 'always']);
});

test('after a failure that may pass it goes on after the last packet, not after the failure', async t => {
  const failed = `event: error\nid: outflow-end\ndata: {"status":503,"detail":"the model is busy"}\n\n`;
  for (const [first, cursor] of [
    [withId('a') + failed, 'a'],
    [event('a') + failed, undefined],
  ]) {
    const { url, requests } = await answering(
      t,
      connection => connection.sse().chunk(first).end(),
      connection => connection.sse().chunk(withId('b'), DONE).end(),
    );
    assert.deepEqual(names(await recorded(stream(url, { reconnect: SOON }))), ['a', 'b', 'done', 'always']);
    assert.equal(requests[1].headers['last-event-id'], cursor);
  }
});

test('what would fail again is not tried again', async t => {
  const problem = event({ status: 500 }, 'error');
  const answers = {
    status: connection => connection.head('404 Not Found', 'content-length: 0'),
    failure: connection => connection.sse().chunk(problem).end(),
    nothing: connection => connection.head('204 No Content', SSE, 'content-length: 0'),
    page: connection => connection.head('200 OK', 'content-type: text/html').chunk('<p>').end(),
    json: connection => connection.sse().chunk('data: oops\n\n').end(),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const { url, requests } = await answering(t, answer);
    await failure(stream(url, { reconnect: SOON }));
    assert.equal(requests.length, 1, name);
  }
});

test('the end is the end', async t => {
  const { url, requests } = await answering(t, connection => connection.sse().chunk(DONE).reset());
  await stream(url, { reconnect: SOON }).result;
  await new Promise(resolve => setTimeout(resolve, 20)); // longer than any wait that was asked for
  assert.equal(requests.length, 1);
});

test('failures in a row are counted, and a packet starts anew', async t => {
  const { url, requests } = await answering(
    t,
    connection => connection.reset(),
    connection => connection.sse().chunk(event(1)).reset(),
    connection => connection.sse().chunk(':\n\n').reset(), // to be connected is not enough
    connection => connection.reset(),
  );
  const error = await failure(stream(url, { reconnect: { ...SOON, retries: 2 } }));
  assert.deepEqual([error.code, error.attempts, error.packets, requests.length], ['retries', 4, 1, 4]);
  assert.equal(error.cause.code, 'network');
  assert.match(error.message, /3 times/);
});

test('a server that announces to leave may do so as often as it likes', async t => {
  const leave = connection => connection.sse().chunk('retry: 1\n\n').end();
  const { url, requests } = await answering(t, leave, leave, leave, connection => connection.sse().chunk(DONE).end());
  await stream(url, { reconnect: { retries: 0, delay: 60_000 } }).result;
  assert.equal(requests.length, 4);
});

test('a POST is sent again only where that is said to do no harm', async t => {
  const { url, requests } = await answering(
    t,
    connection => connection.reset(),
    connection => connection.sse().chunk(DONE).end(),
  );
  await stream(url, { json: { a: 1 }, reconnect: { ...SOON, unsafe: true } }).result;
  assert.deepEqual(
    requests.map(({ method, body }) => [method, body]),
    [
      ['POST', '{"a":1}'],
      ['POST', '{"a":1}'],
    ],
  );
});

test('a Request can be sent again', async t => {
  const { url, requests } = await answering(
    t,
    connection => connection.reset(),
    connection => connection.sse().chunk(DONE).end(),
  );
  const request = new Request(url, { method: 'POST', body: 'x' });
  await stream(request, { reconnect: { ...SOON, unsafe: true } }).result;
  assert.deepEqual(
    requests.map(({ body }) => body),
    ['x', 'x'],
  );
});

test('a silent connection is given up and made again', async t => {
  const connections = [];
  const url = await serve(t, connection => {
    connections.push(connection);
    connection.sse().chunk(connections.length === 1 ? withId(1) : DONE);
  });
  const calls = await recorded(stream(url, { reconnect: SOON, idleTimeout: 50 }));
  assert.deepEqual(names(calls), [1, 'done', 'always']);
  await connections[0].closed;
});

test('abort while it waits ends it at once, and leaves no timer', async t => {
  const { url } = await answering(t, connection =>
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

test('waits double, are spread, and keep below the limit', () => {
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

/** Makes the session module fail to load so often, as it does without a network. */
function unloadable(t, times) {
  t.after(() => (lazy.session = session));
  const found = { asked: 0 };
  lazy.session = async () => {
    if (found.asked++ < times) throw new TypeError('Failed to fetch dynamically imported module');
    return session();
  };
  return found;
}

test('a part that could not be loaded is asked for again, as a connection is', async t => {
  for (const options of [{ reconnect: SOON }, { resumable: true, reconnect: SOON }]) {
    const part = unloadable(t, 2);
    const { url, requests } = await answering(t, connection =>
      connection
        .sse()
        .chunk(`id: 1\n${event('a')}id: 2\n${event('bye', 'done')}`)
        .end(),
    );
    const states = [];
    const late = stream(url, options).onState(({ state, error }) => states.push([state, error?.code]));
    assert.deepEqual(names(await recorded(late)), ['a', 'done', 'always']);
    assert.deepEqual(states, [
      ['reconnecting', 'network'],
      ['reconnecting', 'network'],
      ['open', undefined],
      ['done', undefined],
    ]);
    assert.deepEqual([part.asked, requests.length, late.stats.attempts], [3, 1, 1]);
  }
});

test('a part that cannot be loaded fails what does not come back, or has come back often enough', async t => {
  for (const [options, asked] of [
    [{ idleTimeout: 1000 }, 1],
    [{ reconnect: { ...SOON, retries: 2 } }, 3],
  ]) {
    const part = unloadable(t, Infinity);
    assert.equal((await failure(stream('http://127.0.0.1:1/', options))).code, 'network');
    assert.equal(part.asked, asked);
  }
});

test('abort while it waits for a part leaves no timer', async t => {
  unloadable(t, Infinity);
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
  const before = timers();
  const waiting = stream('/', { reconnect: { delay: 60_000 } }).fail(() => {});
  await until(() => waiting.state === 'reconnecting');
  waiting.abort();
  await new Promise(resolve => setTimeout(resolve, 5));
  assert.equal(timers(), before);
});

test('waits that are longer than any timer are not short ones', async t => {
  const error = new StreamError('http', '', { retryAfter: 30 * 24 * 3600 * 1000 });
  assert.equal(retryDelay(error, 1, 1000, 30_000), 2 ** 31 - 1);
  for (const answer of [
    connection => connection.head('503 Busy', 'retry-after: 2592000', 'content-length: 0'),
    connection => connection.sse().chunk('retry: 99999999999999999999\n\n').end(),
  ]) {
    const { url, requests } = await answering(t, answer);
    const waiting = stream(url, { reconnect: true }).fail(() => {});
    await until(() => waiting.state === 'reconnecting');
    await new Promise(resolve => setTimeout(resolve, 50)); // a timer that overflows runs after 1 ms
    assert.equal(requests.length, 1);
    waiting.abort();
  }
});

test('a server that asks for no wait does not turn the doubling off', async t => {
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

test('without a network it waits for one', async t => {
  const { url, requests } = await answering(
    t,
    connection => connection.reset(),
    connection => connection.sse().chunk(DONE).end(),
  );
  const page = new EventTarget();
  const navigator = { onLine: false };
  stub(t, { navigator, addEventListener: page.addEventListener.bind(page), removeEventListener() {} });
  const offline = stream(url, { reconnect: { delay: 0 } });
  await new Promise(resolve => offline.onState(({ state }) => state === 'reconnecting' && resolve()));
  await new Promise(resolve => setTimeout(resolve, 20)); // longer than any wait that was asked for
  assert.equal(requests.length, 1);
  navigator.onLine = true;
  page.dispatchEvent(new Event('online'));
  await offline.result;
});

test('a hidden page keeps its connection unless it says otherwise', async t => {
  const document = Object.assign(new EventTarget(), { hidden: false });
  stub(t, { document });
  const connections = [];
  const url = await serve(t, connection => {
    connections.push(connection);
    connection.sse().chunk(withId(connections.length));
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
  await new Promise(resolve => setTimeout(resolve, 20)); // longer than any wait that was asked for
  assert.equal(connections.length, 2);
  for (let i = 0; i < 5; i++) show(i % 2 === 1);
  await until(() => resting.stats.packets === 2);
  assert.equal(connections.length, 3, 'one connection, however often the page came and went');
  assert.equal(connections[2].request.headers['last-event-id'], '2');
  resting.abort();
});

/** Puts members into the global object for the time of a test. */
function stub(t, members) {
  for (const [name, value] of Object.entries(members)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
}

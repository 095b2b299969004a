// `shared`: one connection for all tabs. Streams of one process are the tabs here; `tests/browser/shared.test.mjs` has real
// ones, which also close without a farewell.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { createLocks } from './support/locks.mjs';
import { failure, until } from './support/observe.mjs';
import { DONE, event, eventWithId, serve } from './support/server.mjs';
import { stub } from './support/stub.mjs';

const GAP = { missed: 2, first: 4 };

/** A server whose connections the test writes to. */
async function open(t, { locks = createLocks() } = {}) {
  /** The channels of the tabs, in the order in which these were opened. */
  const channels = [];
  class Channel extends BroadcastChannel {
    constructor(name) {
      super(name);
      channels.push(this);
    }
  }
  stub(t, { navigator: { locks }, BroadcastChannel: Channel });
  const connections = [];
  const url = await serve(t, connection => connections.push(connection));
  const opened = [];
  t.after(() => opened.forEach(tab => tab.packets.abort()));
  /** Opens a tab, and records what it gets. */
  function tab(options) {
    const calls = [];
    const states = [];
    const packets = stream(url, { shared: true, ...options })
      .progress((packet, { id }) => calls.push(id ? `${packet}` : packet))
      .gap(gap => calls.push(gap))
      .done(result => calls.push(['done', result]))
      .fail(error => calls.push(['fail', error.name]))
      .onState(({ state }) => states.push(state));
    opened.push({ packets });
    return { calls, packets, states, isOpen: () => packets.state === 'open' };
  }
  /** Waits for a further connection, and opens its stream. */
  async function connection(number) {
    await until(() => connections.length >= number);
    return connections[number - 1].sse();
  }
  return { channels, connection, connections, tab, url };
}

test('several tabs read one connection, and end with it', async t => {
  const { tab, connection, connections } = await open(t);
  const tabs = [tab(), tab(), tab()];
  const server = await connection(1);
  server.chunk(eventWithId('a'), `event: gap\nid: b\ndata: ${JSON.stringify(GAP)}\n\n`);
  await until(() => tabs.every(({ calls }) => calls.length === 2));
  server.chunk(eventWithId('c'), event({ total: 3 }, 'done')).end();
  await Promise.all(tabs.map(({ packets }) => packets.result));
  for (const { calls, states } of tabs) {
    assert.deepEqual(calls, ['a', GAP, 'c', ['done', { total: 3 }]]);
    assert.deepEqual(states, ['open', 'done']);
  }
  assert.equal(connections.length, 1);
});

test('each has the head of the response, and the name and the id of an event', async t => {
  const { tab, connection, url } = await open(t);
  const tabs = [tab(), tab()];
  const server = await connection(1);
  const infos = tabs.map(({ packets }) => new Promise(resolve => packets.progress((_, info) => resolve(info))));
  await until(() => tabs.every(({ isOpen }) => isOpen()));
  server.chunk('event: goal\nid: 7\ndata: 1\n\n');
  for (const [at, { packets }] of tabs.entries()) {
    assert.deepEqual(await infos[at], { index: 0, event: 'goal', id: '7' });
    const { status, headers, url: from } = await packets.response;
    assert.deepEqual([status, headers.get('content-type'), from], [200, 'text/event-stream', url]);
  }
});

test('a failure is one of all tabs', async t => {
  const { tab, connection } = await open(t);
  const tabs = [tab(), tab()];
  const server = await connection(1);
  server.chunk(eventWithId('a'), event({ status: 409, detail: 'the game is over' }, 'error')).end();
  for (const { packets } of tabs) {
    const error = await failure(packets);
    assert.deepEqual(
      [error.name, error.code, error.status, error.message],
      ['StreamError', 'server', 409, 'the game is over'],
    );
    assert.deepEqual([error.packets, error.lastId], [1, 'a']);
  }
});

test('a refusal is one of all tabs too', async t => {
  const { tab, connections } = await open(t);
  const tabs = [tab(), tab()];
  await until(() => connections.length);
  connections[0].head('403 Forbidden', 'content-type: application/json').chunk('{"detail":"no"}').end();
  for (const { packets } of tabs) {
    const { code, status, message } = await failure(packets);
    assert.deepEqual([code, status, message], ['http', 403, 'no']);
    assert.equal((await packets.response).status, 403);
  }
});

test('when the tab that reads stops, another one goes on from the last id', async t => {
  const { tab, connection, connections } = await open(t);
  const tabs = [tab(), tab(), tab()];
  const server = await connection(1);
  server.chunk(eventWithId('a'), eventWithId('b'));
  await until(() => tabs.every(({ calls }) => calls.length === 2));
  tabs[0].packets.abort();
  await server.closed;
  const next = await connection(2);
  assert.equal(connections[1].request.headers['last-event-id'], 'b');
  next.chunk(eventWithId('c'));
  await until(() => tabs.slice(1).every(({ calls }) => calls.length === 3));
  tabs[1].packets.abort();
  const last = await connection(3);
  assert.equal(connections[2].request.headers['last-event-id'], 'c');
  last.chunk(eventWithId('d'), DONE).end();
  await tabs[2].packets.result;
  assert.deepEqual(tabs[2].calls, ['a', 'b', 'c', 'd', ['done', undefined]]);
  assert.deepEqual(tabs[2].states, ['open', 'reconnecting', 'open', 'reconnecting', 'open', 'done']);
  assert.deepEqual(tabs[0].calls, ['a', 'b', ['fail', 'AbortError']]);
});

test('a tab that does not read may stop, and the others go on', async t => {
  const { tab, connection, connections } = await open(t);
  const tabs = [tab(), tab(), tab()];
  const server = await connection(1);
  await until(() => tabs.every(({ isOpen }) => isOpen()));
  tabs[1].packets.abort();
  server.chunk(eventWithId('a'), DONE).end();
  await Promise.all([tabs[0].packets.result, tabs[2].packets.result]);
  assert.deepEqual(tabs[2].calls, ['a', ['done', undefined]]);
  assert.deepEqual(tabs[1].calls, [['fail', 'AbortError']]);
  assert.equal(connections.length, 1);
});

test('a tab that stops while it starts leaves nothing behind', async t => {
  const locks = createLocks();
  const { tab, connections } = await open(t, { locks });
  for (let turns = 0; turns < 60; turns++) {
    const { packets } = tab();
    for (let turn = 0; turn < turns; turn++) await undefined;
    packets.abort();
  }
  const last = tab();
  await until(() => {
    for (const connection of connections.splice(0)) connection.sse();
    return last.isOpen();
  });
  assert.deepEqual(locks.query(), [1], 'the lock is that of the last one');
});

test('a tab that joins follows from then on, and takes over from there', async t => {
  const { tab, connection, connections } = await open(t);
  const first = tab();
  const server = await connection(1);
  server.chunk(eventWithId('a'));
  await until(() => first.calls.length);
  const second = tab();
  await until(second.isOpen);
  server.chunk(eventWithId('b'));
  await until(() => second.calls.length);
  const third = tab();
  await until(third.isOpen);
  first.packets.abort();
  second.packets.abort();
  await until(() => connections.length >= 2);
  const next = connections.at(-1);
  assert.equal(next.request.headers['last-event-id'], 'b', 'although it has had no packet itself');
  await until(() => connections.at(-1) !== next || third.packets.stats.attempts);
  connections.at(-1).sse().chunk(eventWithId('c'), DONE).end();
  await third.packets.result;
  assert.deepEqual(second.calls.slice(0, 1), ['b']);
  assert.deepEqual(third.calls, ['c', ['done', undefined]]);
});

test('with `latest` it gets the last packet first', async t => {
  const { tab, connection } = await open(t);
  const first = tab();
  const server = await connection(1);
  server.chunk(eventWithId('a'), eventWithId('b'));
  await until(() => first.calls.length === 2);
  const second = tab({ latest: true });
  await until(() => second.calls.length);
  server.chunk(DONE).end();
  await second.packets.result;
  assert.deepEqual(second.calls, ['b', ['done', undefined]]);
});

test('a slow tab holds up none', async t => {
  const { tab, connection } = await open(t);
  let release;
  const slow = tab();
  slow.packets.progress(() => new Promise(resolve => (release = resolve)));
  const fast = tab();
  const server = await connection(1);
  server.chunk(eventWithId('a'));
  await until(() => fast.calls.length === 1 && release);
  server.chunk(eventWithId('b'), DONE).end();
  await fast.packets.result;
  assert.deepEqual(fast.calls, ['a', 'b', ['done', undefined]]);
  assert.deepEqual(slow.calls, ['a']);
  release();
  await until(() => slow.calls.length === 2);
  release();
  await slow.packets.result;
  assert.deepEqual(slow.calls, ['a', 'b', ['done', undefined]]);
});

test('all tabs see that the connection broke, and is made again', async t => {
  const { tab, connection, connections } = await open(t);
  const tabs = [tab({ reconnect: { delay: 1 } }), tab({ reconnect: { delay: 1 } })];
  const server = await connection(1);
  server.chunk(eventWithId('a'));
  await until(() => tabs.every(({ calls }) => calls.length));
  server.reset();
  (await connection(2)).chunk(eventWithId('b'), DONE).end();
  await Promise.all(tabs.map(({ packets }) => packets.result));
  assert.equal(connections[1].request.headers['last-event-id'], 'a');
  for (const { calls, states } of tabs) {
    assert.deepEqual(calls, ['a', 'b', ['done', undefined]]);
    assert.deepEqual(states, ['open', 'reconnecting', 'open', 'done']);
  }
});

test('any tab may end the wait before the next attempt', async t => {
  const { tab, connection } = await open(t);
  const tabs = [tab({ reconnect: { delay: 600_000 } }), tab()];
  (await connection(1)).chunk('retry: 600000\n', eventWithId('a')).end();
  await until(() => tabs.every(({ packets }) => packets.state === 'reconnecting'));
  tabs[1].packets.reconnectNow();
  (await connection(2)).chunk(DONE).end();
  await tabs[1].packets.result;
  for (const { packets } of tabs) packets.reconnectNow(); // too late
});

test('other URLs, names and ways to read are other streams', async t => {
  const { tab, connections } = await open(t);
  tab();
  tab({ query: { a: 1 } });
  tab({ shared: 'alice' });
  tab({ shared: 'bob' });
  tab({ decode: 'text' });
  tab({ end: { data: '[DONE]' } });
  await until(() => connections.length === 6);
});

test('a tab that asks in vain takes the lock from one that is asleep', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let calls = 0;
  t.mock.method(Math, 'random', () => (calls++ % 3) * 0.3); // no two tabs check at the same time
  const { channels, tab, connection, connections } = await open(t);
  const tabs = [tab(), tab(), tab()];
  const server = await connection(1);
  server.chunk(eventWithId('a'));
  await until(() => tabs.every(({ calls }) => calls.length));
  /** Lets some time pass, with answers to what is asked in it. */
  async function pass() {
    t.mock.timers.tick(500);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  for (let times = 0; times < 30; times++) await pass();
  assert.equal(connections.length, 1, 'the tab that reads has answered');
  const [asleep] = channels;
  const { onmessage } = asleep;
  asleep.onmessage = () => {};
  while (connections.length < 2) await pass();
  assert.equal(connections[1].request.headers['last-event-id'], 'a');
  asleep.onmessage = onmessage;
  await server.closed;
  const next = await connection(2);
  await until(() => tabs.every(({ isOpen }) => isOpen()));
  next.chunk(eventWithId('b'), DONE).end();
  await Promise.all(tabs.map(({ packets }) => packets.result));
  for (const { calls } of tabs) assert.deepEqual(calls, ['a', 'b', ['done', undefined]]);
  assert.equal(connections.length, 2);
});

test('a tab that has missed packets reads by itself, from its last one', async t => {
  const { tab, connection, connections } = await open(t);
  const tabs = [tab(), tab()];
  const server = await connection(1);
  server.chunk(eventWithId('a'));
  await until(() => tabs.every(({ calls }) => calls.length));
  const lost = t.mock.method(BroadcastChannel.prototype, 'postMessage', () => {});
  server.chunk(eventWithId('b'));
  await until(() => tabs[0].calls.length === 2);
  lost.mock.restore();
  server.chunk(eventWithId('c'));
  const own = await connection(2);
  assert.equal(connections[1].request.headers['last-event-id'], 'a');
  own.chunk(eventWithId('b'), eventWithId('c'), DONE).end();
  await tabs[1].packets.result;
  assert.deepEqual(tabs[1].calls, ['a', 'b', 'c', ['done', undefined]]);
  server.chunk(DONE).end();
  await tabs[0].packets.result;
  assert.deepEqual(tabs[0].calls, ['a', 'b', 'c', ['done', undefined]]);
});

test('one that takes over behind others delivers nothing to them again', async t => {
  const { channels, tab, connection, connections } = await open(t);
  const tabs = [tab(), tab(), tab()];
  const server = await connection(1);
  server.chunk(eventWithId('a'));
  await until(() => tabs.every(({ calls }) => calls.length));
  channels[1].onmessage = () => {};
  server.chunk(eventWithId('b'));
  await until(() => tabs[2].calls.length === 2);
  tabs[0].packets.abort();
  const next = await connection(2);
  assert.equal(connections[1].request.headers['last-event-id'], 'a');
  next.chunk(eventWithId('b'), eventWithId('c'), DONE).end();
  await Promise.all(tabs.slice(1).map(({ packets }) => packets.result));
  for (const { calls } of tabs.slice(1)) assert.deepEqual(calls, ['a', 'b', 'c', ['done', undefined]]);
});

test('without locks each tab reads by itself', async t => {
  const { tab, connection } = await open(t, { locks: null });
  const tabs = [tab(), tab()];
  for (const number of [1, 2]) (await connection(number)).chunk(eventWithId('a'), DONE).end();
  await Promise.all(tabs.map(({ packets }) => packets.result));
  for (const { calls } of tabs) assert.deepEqual(calls, ['a', ['done', undefined]]);
});

test('a tab that cannot join fails', async t => {
  const locks = {
    request() {
      throw new Error('no locks today');
    },
  };
  const { tab } = await open(t, { locks });
  const { code, message } = await failure(tab().packets);
  assert.equal(code, 'internal');
  assert.match(message, /no locks today/);
});

for (const [goes, comes] of [
  ['pagehide', 'pageshow'],
  ['freeze', 'resume'],
]) {
  test(`at \`${goes}\` a tab gives up reading, or waiting, until \`${comes}\``, async t => {
    const pages = [];
    stub(t, { addEventListener: (type, listener) => pages.at(-1)?.set(`${type} ${listener.name}`, listener) });
    const locks = createLocks();
    const { tab, connection, connections } = await open(t, { locks });
    const openPage = () => {
      const listeners = new Map();
      pages.push(listeners);
      return Object.assign(tab(), { happens: type => listeners.get(`${type} onPage`)({ type }) });
    };
    const first = openPage();
    const server = await connection(1);
    await until(first.isOpen);
    const second = openPage();
    await until(second.isOpen);
    const third = openPage();
    await until(third.isOpen);
    second.happens(goes);
    first.happens(goes);
    await server.closed;
    const next = await connection(2);
    await until(() => third.packets.stats.attempts === 1);
    second.happens(comes);
    third.packets.abort();
    await next.closed;
    const last = await connection(3);
    last.chunk(eventWithId('a'), DONE).end();
    await Promise.all([first.packets.result, second.packets.result]);
    for (const { calls } of [first, second]) assert.deepEqual(calls, ['a', ['done', undefined]]);
    assert.equal(connections.length, 3);
  });
}

test('it needs a `GET`, and a page that reads while it is hidden', () => {
  const refuse = options =>
    assert.throws(() => stream('https://example.test/', { shared: true, ...options }), TypeError);
  refuse({ json: {} });
  refuse({ resumable: true });
  refuse({ reconnect: { pauseWhenHidden: true } });
  refuse({ shared: { user: 1 } });
});

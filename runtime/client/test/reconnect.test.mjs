// Reconnecting: after which failures, with which request, and how often.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { failure, names, recorded } from './support/observe.mjs';
import { DONE, SSE, event, eventWithId, serve, serveInTurn } from './support/server.mjs';

/** A short delay, for tests. */
const SOON = { delay: 1 };

test('reconnecting is off by default', async t => {
  const { url, requests } = await serveInTurn(t, connection => connection.sse().chunk(event(1)).reset());
  for (const options of [{}, { reconnect: false }]) {
    assert.equal((await failure(stream(url, options))).code, 'network');
  }
  assert.equal(requests.length, 2);
});

test('the stream goes on after the last id, and no packet comes twice', async t => {
  const { url, requests } = await serveInTurn(
    t,
    connection =>
      connection
        .sse()
        .chunk(eventWithId('a') + eventWithId('b'), 'id: c\ndata: "half')
        .close(),
    connection => connection.sse().chunk(eventWithId('c')).end(),
    connection => connection.sse().chunk(eventWithId('d'), DONE).end(),
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

test('an id without data counts, the id of an incomplete event does not', async t => {
  const { url, requests } = await serveInTurn(
    t,
    connection => connection.sse().chunk('id: 0\n\n', 'id: 1\n').end(),
    connection => connection.sse().chunk(DONE).end(),
  );
  await stream(url, { reconnect: SOON }).result;
  assert.equal(requests[1].headers['last-event-id'], '0');
});

test('the iterator sees one stream', async t => {
  const { url } = await serveInTurn(
    t,
    connection => connection.sse().chunk(eventWithId(1)).reset(),
    connection => connection.sse().chunk(eventWithId(2), event('bye', 'done')).end(),
  );
  const packets = stream(url, { reconnect: SOON })[Symbol.asyncIterator]();
  const got = [await packets.next(), await packets.next(), await packets.next()];
  assert.deepEqual(
    got.map(({ value }) => value),
    [1, 2, 'bye'],
  );
});

test('headers are made for each attempt', async t => {
  const { url, requests } = await serveInTurn(
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

test('a server that shuts down in the middle is asked again', async t => {
  const { url } = await serveInTurn(
    t,
    connection =>
      connection
        .sse()
        .chunk(eventWithId(1) + event({ status: 503 }, 'error'))
        .end(),
    connection => connection.sse().chunk(eventWithId(2), DONE).end(),
  );
  assert.deepEqual(names(await recorded(stream(url, { reconnect: SOON }))), [1, 2, 'done', 'always']);
});

test('after a retryable failure the stream goes on after the last packet, not after the failure', async t => {
  const failed = `event: error\nid: outflow-end\ndata: {"status":503,"detail":"the model is busy"}\n\n`;
  for (const [first, cursor] of [
    [eventWithId('a') + failed, 'a'],
    [event('a') + failed, undefined],
  ]) {
    const { url, requests } = await serveInTurn(
      t,
      connection => connection.sse().chunk(first).end(),
      connection => connection.sse().chunk(eventWithId('b'), DONE).end(),
    );
    assert.deepEqual(names(await recorded(stream(url, { reconnect: SOON }))), ['a', 'b', 'done', 'always']);
    assert.equal(requests[1].headers['last-event-id'], cursor);
  }
});

test('failures that are not retryable are not retried', async t => {
  const problem = event({ status: 500 }, 'error');
  const answers = {
    status: connection => connection.head('404 Not Found', 'content-length: 0'),
    failure: connection => connection.sse().chunk(problem).end(),
    nothing: connection => connection.head('204 No Content', SSE, 'content-length: 0'),
    page: connection => connection.head('200 OK', 'content-type: text/html').chunk('<p>').end(),
    json: connection => connection.sse().chunk('data: oops\n\n').end(),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const { url, requests } = await serveInTurn(t, answer);
    await failure(stream(url, { reconnect: SOON }));
    assert.equal(requests.length, 1, name);
  }
});

test('no reconnect after the end', async t => {
  const { url, requests } = await serveInTurn(t, connection => connection.sse().chunk(DONE).reset());
  await stream(url, { reconnect: SOON }).result;
  await new Promise(resolve => setTimeout(resolve, 20)); // longer than any delay in this test
  assert.equal(requests.length, 1);
});

test('failures in a row are counted, and a packet resets the count', async t => {
  const { url, requests } = await serveInTurn(
    t,
    connection => connection.reset(),
    connection => connection.sse().chunk(event(1)).reset(),
    connection => connection.sse().chunk(':\n\n').reset(), // a connection without a packet does not reset the count
    connection => connection.reset(),
  );
  const error = await failure(stream(url, { reconnect: { ...SOON, retries: 2 } }));
  assert.deepEqual([error.code, error.attempts, error.packets, requests.length], ['retries', 4, 1, 4]);
  assert.equal(error.cause.code, 'network');
  assert.match(error.message, /3 times/);
});

test('ends that the server announces do not count as failures', async t => {
  const leave = connection => connection.sse().chunk('retry: 1\n\n').end();
  const { url, requests } = await serveInTurn(t, leave, leave, leave, connection => connection.sse().chunk(DONE).end());
  await stream(url, { reconnect: { retries: 0, delay: 60_000 } }).result;
  assert.equal(requests.length, 4);
});

test('a POST is sent again with `unsafe: true`', async t => {
  const { url, requests } = await serveInTurn(
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
  const { url, requests } = await serveInTurn(
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

test('a connection that goes silent is made again', async t => {
  const connections = [];
  const url = await serve(t, connection => {
    connections.push(connection);
    connection.sse().chunk(connections.length === 1 ? eventWithId(1) : DONE);
  });
  const calls = await recorded(stream(url, { reconnect: SOON, idleTimeout: 50 }));
  assert.deepEqual(names(calls), [1, 'done', 'always']);
  await connections[0].closed;
});

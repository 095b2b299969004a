// Aborting a stream: at any time, with any reason, and without a trace.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { recorded, reports, turn, until } from './support/observe.mjs';
import { DONE, event, serve } from './support/server.mjs';

/** The calls of a stream by name, the error by its own name. */
async function outcome(stream) {
  const calls = await recorded(stream);
  return calls.map(([name, value]) => (name === 'fail' ? value.name : name));
}

test('abort before the request: none is made', async t => {
  const url = await serve(t, () => assert.fail('there was a request'));
  const left = stream(url);
  left.abort();
  assert.equal(left.state, 'aborted');
  assert.deepEqual(await outcome(left), ['AbortError', 'always']);
});

test('a signal that is already aborted: no request is made', async t => {
  const url = await serve(t, () => assert.fail('there was a request'));
  const left = stream(url, { signal: AbortSignal.abort() });
  assert.deepEqual(await outcome(left), ['AbortError', 'always']);
  await assert.rejects(left.response, { name: 'AbortError' });
});

test('abort before the head: the connection closes', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming));
  const left = stream(url);
  const calls = outcome(left);
  await until(() => connection);
  left.abort();
  await connection.closed;
  assert.deepEqual(await calls, ['AbortError', 'always']);
});

test('abort between packets: the connection closes', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1)));
  const controller = new AbortController();
  const left = stream(url, { signal: controller.signal }).progress(() => setTimeout(() => controller.abort(), 1));
  assert.deepEqual(await outcome(left), ['progress', 'AbortError', 'always']);
  await connection.closed;
});

test('abort within a handler: no further packet is delivered, even if it has arrived', async t => {
  const url = await serve(t, connection =>
    connection
      .sse()
      .chunk(event(1) + event(2) + DONE)
      .end(),
  );
  const seen = [];
  const left = stream(url).progress(packet => {
    seen.push(packet);
    left.abort();
  });
  assert.deepEqual(await outcome(left), ['progress', 'AbortError', 'always']);
  assert.deepEqual(seen, [1]);
});

test('abort while a lazy module loads: no request is made, and no headers are made', async () => {
  for (const options of [{ reconnect: true }, { resumable: true }, { idleTimeout: 1000 }]) {
    let requests = 0;
    const fetch = async () => new Response(`${(requests += 1)}`);
    const headers = () => ({ 'x-request': `${(requests += 1)}` });
    const left = stream('/', { ...options, fetch, headers });
    await Promise.resolve(); // the stream has started
    left.abort();
    await assert.rejects(left.result, { name: 'AbortError' });
    await import('../outflow/session.mjs');
    await turn();
    assert.deepEqual([requests, left.stats.attempts], [0, 0]);
  }
});

test('abort after the end, or twice, does nothing', async t => {
  const url = await serve(t, connection => connection.sse().chunk(DONE).end());
  const ended = stream(url);
  await ended.result;
  ended.abort();
  assert.equal(ended.state, 'done');
  assert.deepEqual(await outcome(ended), ['done', 'always']);

  const left = stream(url);
  const [first, second] = [new Error('first'), new Error('second')];
  left.abort(first);
  left.abort(second);
  await assert.rejects(left.result, first);
});

test('the reason for an abort is kept', async t => {
  const url = await serve(t, connection => connection.sse());
  for (const reason of [new Error('mine'), 'words', null, 0]) {
    const controller = new AbortController();
    const left = stream(url, { signal: controller.signal });
    await left.response;
    controller.abort(reason);
    assert.equal(await left.result.catch(error => error), reason);
    assert.equal(left.state, 'aborted');
  }
});

test('the end of a `using` block aborts the stream', { skip: !Symbol.dispose }, async t => {
  const url = await serve(t, connection => connection.sse());
  const left = stream(url);
  await left.response;
  left[Symbol.dispose]();
  assert.equal(left.state, 'aborted');
});

test('the signal of a Request aborts the stream', async t => {
  const url = await serve(t, connection => connection.sse());
  const controller = new AbortController();
  const left = stream(new Request(url, { signal: controller.signal }));
  await left.response;
  controller.abort();
  await assert.rejects(left.result, { name: 'AbortError' });
});

test('a long-lived signal keeps no listener of a stream that has ended', async t => {
  const url = await serve(t, connection => connection.sse().chunk(DONE).end());
  const { signal } = new AbortController();
  const ended = stream(url, { signal });
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  await ended.result;
  await turn();
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('an abort is not reported, and leaves no unhandled rejection', async t => {
  const reported = reports(t);
  const url = await serve(t, connection => connection.sse().chunk(event(1)));
  const open = stream(url);
  void open.result;
  void open.response;
  await until(() => open.state === 'open');
  open.abort();
  const early = stream(url);
  void early.result;
  void early.response;
  early.abort(new Error('mine'));
  stream(url).abort();
  await turn();
  assert.deepEqual(reported, []); // the test runner itself fails a test that leaves a rejection
});

test('abort with a fetch that ignores signals', async () => {
  let answer;
  let requests = 0;
  const fetch = () => {
    requests += 1;
    return new Promise(resolve => (answer = resolve));
  };
  stream('/', { fetch }).abort();
  await turn();
  assert.equal(requests, 0, 'it is not even called when there is nothing to ask for');

  const left = stream('/', { fetch });
  const pending = left[Symbol.asyncIterator]().next();
  await until(() => requests);
  left.abort();
  await assert.rejects(pending, { name: 'AbortError' });
  let wasCancelled = false;
  const body = new ReadableStream({ cancel: () => (wasCancelled = true) });
  answer(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  await until(() => wasCancelled);
  assert.equal(left.state, 'aborted');
});

test('the connection stays open after the end, so that it can be reused', async t => {
  let connection;
  let wasClosed = false;
  const url = await serve(t, incoming => {
    connection = incoming;
    connection.closed.then(() => (wasClosed = true));
    connection.sse().chunk(event(1, 'done'));
  });
  await stream(url).result;
  await turn();
  assert.equal(wasClosed, false);
  connection.end();
  await stream(url).result;
  assert.equal(wasClosed, false, 'the connection was used again');
});

test('the connection is closed if the server sends more after the end', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1, 'done')));
  await stream(url).result;
  connection.chunk(':\n\n');
  await connection.closed;
});

// The iterator: its packets and result, backpressure, and leaving it early.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { reports, turn, until } from './support/observe.mjs';
import { DONE, event, serve } from './support/server.mjs';

const THREE = event(1) + event(2) + event(3);

test('packets, and the result as the return value', async t => {
  const url = await serve(t, connection => connection.sse().chunk(THREE, event('bye', 'done')).end());
  const packets = stream(url)[Symbol.asyncIterator]();
  const got = [];
  for (let i = 0; i < 5; i++) got.push(await packets.next());
  assert.deepEqual(got, [
    { value: 1, done: false },
    { value: 2, done: false },
    { value: 3, done: false },
    { value: 'bye', done: true },
    { value: undefined, done: true },
  ]);
});

test('a failure is thrown after the packets before it', async t => {
  const url = await serve(t, connection => connection.sse().chunk(THREE).end());
  const got = [];
  await assert.rejects(
    async () => {
      for await (const packet of stream(url)) got.push(packet);
    },
    { code: 'truncated', packets: 3 },
  );
  assert.deepEqual(got, [1, 2, 3]);
});

test('break closes the connection and is no failure', async t => {
  const reported = reports(t);
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1)));
  const left = stream(url);
  for await (const packet of left) {
    assert.equal(packet, 1);
    break;
  }
  await connection.closed;
  assert.equal(left.state, 'aborted');
  await assert.rejects(left.result, { name: 'AbortError' });
  assert.deepEqual(reported, []);
});

test('an exception in the loop closes the connection too', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1)));
  const mistake = new Error('mine');
  await assert.rejects(async () => {
    for await (const _ of stream(url)) throw mistake;
  }, mistake);
  await connection.closed;
});

test('return does not wait for the next packet', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1)));
  const packets = stream(url)[Symbol.asyncIterator]();
  await packets.next();
  const pending = packets.next();
  assert.deepEqual(await packets.return('left'), { value: 'left', done: true });
  assert.deepEqual(await pending, { value: undefined, done: true });
  await connection.closed;
});

test('return before the first packet', async t => {
  const url = await serve(t, () => assert.fail('there was a request'));
  const packets = stream(url)[Symbol.asyncIterator]();
  assert.deepEqual(await packets.return(), { value: undefined, done: true });
  assert.deepEqual(await packets.next(), { value: undefined, done: true });
});

test('abort rejects a pending `next`', async t => {
  const url = await serve(t, connection => connection.sse().chunk(event(1)));
  const started = stream(url);
  await assert.rejects(
    async () => {
      for await (const _ of started) setTimeout(() => started.abort(), 1);
    },
    { name: 'AbortError' },
  );
});

test('the request is made before the first `next`', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse());
  const packets = stream(url)[Symbol.asyncIterator]();
  await until(() => connection);
  await packets.return();
});

test('`next` may be called several times in advance', async t => {
  const url = await serve(t, connection => connection.sse().chunk(THREE, DONE).end());
  const packets = stream(url)[Symbol.asyncIterator]();
  const ahead = await Promise.all([packets.next(), packets.next(), packets.next(), packets.next()]);
  assert.deepEqual(
    ahead.map(({ value }) => value),
    [1, 2, 3, undefined],
  );
});

test('a stream has only one iterator', async t => {
  const url = await serve(t, connection => connection.sse().chunk(DONE).end());
  const started = stream(url);
  for await (const _ of started);
  assert.throws(() => started[Symbol.asyncIterator](), TypeError);
});

test('an iterator made after the end returns the result', async t => {
  const url = await serve(t, connection => connection.sse().chunk(event('bye', 'done')).end());
  const ended = stream(url);
  await ended.result;
  assert.deepEqual(await ended[Symbol.asyncIterator]().next(), { value: 'bye', done: true });
});

test('handlers see what the iterator pulls, and no more', async t => {
  const url = await serve(t, connection => connection.sse().chunk(THREE, DONE).end());
  const seen = [];
  const packets = stream(url)
    .progress(packet => seen.push(packet))
    [Symbol.asyncIterator]();
  await packets.next();
  await packets.next();
  await turn();
  assert.deepEqual(seen, [1, 2]);
  await packets.next();
  await packets.next();
  assert.deepEqual(seen, [1, 2, 3]);
});

test('the iterator waits for the promises of handlers, and skips a packet at which a handler aborts', async t => {
  const url = await serve(t, connection => connection.sse().chunk(THREE, DONE).end());
  const log = [];
  const started = stream(url).progress(async packet => {
    await turn();
    log.push(`handled ${packet}`);
    if (packet === 2) started.abort();
  });
  const packets = started[Symbol.asyncIterator]();
  log.push(`pulled ${(await packets.next()).value}`);
  await assert.rejects(packets.next(), { name: 'AbortError' });
  assert.deepEqual(log, ['handled 1', 'pulled 1', 'handled 2']);
});

test('an iterator takes over from the handlers, and gets the very next packet', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1)));
  const seen = [];
  const started = stream(url).progress(packet => seen.push(packet));
  await until(() => seen.length === 1);
  const packets = started[Symbol.asyncIterator]();
  connection.chunk(event(2), DONE).end();
  assert.deepEqual(await packets.next(), { value: 2, done: false });
  assert.deepEqual(seen, [1, 2]);
  assert.equal((await packets.next()).done, true);
});

test('reading `response` first loses no packets', async t => {
  const url = await serve(t, connection => connection.sse().chunk(THREE, DONE).end());
  const started = stream(url);
  const head = await started.response;
  assert.equal(head.headers.get('content-type'), 'text/event-stream');
  await turn();
  const got = [];
  for await (const packet of started) got.push(packet);
  assert.deepEqual(got, [1, 2, 3]);

  const seen = [];
  const handled = stream(url);
  await handled.response;
  await turn();
  await handled.progress(packet => seen.push(packet)).result;
  assert.deepEqual(seen, [1, 2, 3]);
});

test('a consumer that stops reading holds the server back', async t => {
  const PIECE = `data: "${'x'.repeat(64 * 1024)}"\n\n`;
  const WHOLE = 1024;
  let sent = 0;
  let isWaiting = false;
  const url = await serve(t, async connection => {
    connection.sse();
    for (; sent < WHOLE; sent++) {
      if (!connection.write(`${PIECE.length.toString(16)}\r\n${PIECE}\r\n`)) {
        isWaiting = true;
        await connection.drained();
        isWaiting = false;
      }
    }
    connection.chunk(DONE).end();
  });
  const packets = stream(url)[Symbol.asyncIterator]();
  let taken = 0;
  for (; taken < 3; taken++) await packets.next();
  // The server either sends everything, or still waits after many turns of the event loop.
  for (let turns = 0; turns < 100 && sent < WHOLE; turns++) {
    const before = sent;
    await turn();
    if (!isWaiting || sent !== before) turns = 0;
  }
  const ahead = (sent - taken) * 64 * 1024;
  assert.ok(ahead < 8 * 1024 * 1024, `${ahead} bytes were sent ahead`);
  while (!(await packets.next()).done) taken += 1;
  assert.equal(taken, WHOLE, 'and nothing is lost');
});

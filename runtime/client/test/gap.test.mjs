// Gaps: packets that the client has missed, as the server tells them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mockStream } from '../mock/index.mjs';
import { stream } from '../outflow.mjs';
import { failure, until } from './support/observe.mjs';
import { serve, serveInTurn, DONE, eventWithId } from './support/server.mjs';

const GAP = { missed: 2, first: 4 };
/** A gap as the server writes it. */
const gapEvent = (id, gap = GAP) => `event: gap\nid: ${id}\ndata: ${JSON.stringify(gap)}\n\n`;

/** A `fetch` that answers each request with these steps. */
const answering = steps => async (url, init) => mockStream(steps, new Request(url, init));

const body = `${eventWithId('e-1')}${gapEvent('e-3')}${eventWithId('e-4')}${DONE}`;

test('handlers get a gap in its place among the packets', async t => {
  const url = await serve(t, connection => connection.sse().chunk(body).end());
  const calls = [];
  const packets = stream(url)
    .progress((packet, { index, id }) => calls.push([packet, index, id]))
    .gap(gap => calls.push(gap))
    .gap(({ first }) => calls.push(first));
  await packets.result;
  assert.deepEqual(calls, [['e-1', 0, 'e-1'], GAP, 4, ['e-4', 1, 'e-4']]);
  assert.equal(packets.stats.packets, 2);
});

test('what was missed may be unknown, and the topic said', async () => {
  const gap = { missed: null, first: 1, topic: 'scores' };
  const found = [];
  await stream('https://example.test/', { fetch: answering([{ gap }]) }).gap(gap => found.push(gap)).result;
  assert.deepEqual(found, [gap]);
});

test('an iterator gets the packets alone', async t => {
  const url = await serve(t, connection => connection.sse().chunk(body).end());
  const gaps = [];
  const found = [];
  for await (const packet of stream(url).gap(gap => gaps.push([gap, [...found]]))) found.push(packet);
  assert.deepEqual(found, ['e-1', 'e-4']);
  assert.deepEqual(gaps, [[GAP, ['e-1']]], 'and a handler the gap, between them');
});

test('the next packet waits for a promise that a handler returned', async t => {
  const url = await serve(t, connection => connection.sse().chunk(body).end());
  const calls = [];
  let release;
  const packets = stream(url)
    .progress(packet => calls.push(packet))
    .gap(() => new Promise(resolve => (release = resolve)));
  await until(() => release);
  await new Promise(resolve => setTimeout(resolve, 5));
  assert.deepEqual(calls, ['e-1']);
  release();
  await packets.result;
  assert.deepEqual(calls, ['e-1', 'e-4']);
});

test('a gap moves the position on', async t => {
  const { url, requests } = await serveInTurn(
    t,
    connection => connection.sse().chunk(eventWithId('e-1'), gapEvent('e-3')).reset(),
    connection => connection.sse().chunk(eventWithId('e-4'), DONE).end(),
  );
  const found = [];
  await stream(url, { reconnect: { delay: 1 } }).progress(packet => found.push(packet)).result;
  assert.deepEqual(
    requests.map(({ headers }) => headers['last-event-id']),
    [undefined, 'e-3'],
  );
  assert.deepEqual(found, ['e-1', 'e-4']);
});

test('a failure behind a gap has its id', async t => {
  const url = await serve(t, connection => connection.sse().chunk(eventWithId('e-1'), gapEvent('e-3')).end());
  const { code, lastId } = await failure(stream(url));
  assert.deepEqual([code, lastId], ['truncated', 'e-3']);
});

test('in a run a gap has a number of its own', async () => {
  const steps = [{ packet: 'a' }, { gap: GAP }, { cut: true }, { packet: 'b' }];
  const cursors = [];
  const fetch = async (url, init) => {
    const request = new Request(url, init);
    cursors.push(request.headers.get('last-event-id'));
    const response = mockStream(steps, { request, run: { id: 'r1' } });
    return Object.defineProperty(response, 'url', { value: request.url });
  };
  const calls = [];
  const run = stream('https://example.test/chat', { method: 'POST', fetch, resumable: true, reconnect: { delay: 1 } })
    .progress(packet => calls.push(packet))
    .gap(gap => calls.push([gap, run.handle.cursor]));
  await run.result;
  assert.deepEqual(calls, ['a', [GAP, 2], 'b']);
  assert.deepEqual(cursors, [null, '2']);
});

test('`decode` does not see gaps, whatever it is', async t => {
  const url = await serve(t, connection => connection.sse().chunk(body).end());
  for (const [decode, expected] of [
    ['text', '"e-1"'],
    [data => data.toUpperCase(), 'E-1'],
  ]) {
    const calls = [];
    await stream(url, { decode })
      .progress(packet => calls.push(packet))
      .gap(gap => calls.push(gap)).result;
    assert.deepEqual(calls.slice(0, 2), [expected, GAP]);
  }
});

test('with `end`, which is for other servers, such an event is a packet', async t => {
  const url = await serve(t, connection => connection.sse().chunk('event: gap\ndata: none\n\n').end());
  const calls = [];
  await stream(url, { end: 'eof', decode: 'text' })
    .progress((packet, { event }) => calls.push([packet, event]))
    .gap(() => assert.fail('not a gap')).result;
  assert.deepEqual(calls, [['none', 'gap']]);
});

test('a mock writes a gap as the server does, and cuts a format without room for it', async () => {
  const steps = [{ packet: 1 }, { gap: GAP, id: 'e-3' }];
  assert.equal(await mockStream(steps).text(), `data: 1\n\n${gapEvent('e-3')}${DONE}`);
  await assert.rejects(mockStream(steps, { format: 'ndjson' }).text(), TypeError);
  assert.throws(() => mockStream([{ gap: 3 }]), /wrong gap in steps\[0\]/);
});

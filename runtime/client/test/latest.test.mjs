// `latest`: a consumer that is slower than the stream gets the newest packet next, and nothing stale.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { failure, until } from './support/observe.mjs';
import { DONE, event, eventWithId, serve, serveInTurn } from './support/server.mjs';

const URL_OF_PRICES = 'https://example.test/prices';
const GAP = { missed: 2, first: 4 };

/** A `fetch` whose body has what the test sends. */
function sending(...first) {
  let body;
  const bytes = text => new TextEncoder().encode(text);
  const start = controller => {
    body = controller;
    send(...first);
  };
  const send = (...texts) => texts.forEach(text => body.enqueue(bytes(text)));
  const fetch = async () =>
    new Response(new ReadableStream({ start }), { headers: { 'content-type': 'text/event-stream' } });
  return { fetch, send };
}

/** A promise that is settled by hand. */
function gate() {
  let open;
  const opened = new Promise(resolve => (open = resolve));
  return { open, opened };
}

/** Lets everything that was sent arrive. */
const arrival = () => new Promise(resolve => setTimeout(resolve, 5));

test('what has arrived at once gives the newest packet', async () => {
  const { fetch } = sending(event(1), event(2) + event(3), event(4), DONE);
  const found = [];
  const packets = stream(URL_OF_PRICES, { fetch, latest: true }).progress(packet => found.push(packet));
  await packets.result;
  assert.deepEqual(found, [4]);
  assert.equal(packets.stats.packets, 1);
});

test('while a handler waits, only the newest packet does', async () => {
  const { fetch, send } = sending(event(1));
  const { open, opened } = gate();
  const found = [];
  const packets = stream(URL_OF_PRICES, { fetch, latest: true }).progress((packet, { index }) => {
    found.push([packet, index]);
    return opened;
  });
  await until(() => found.length);
  for (const n of [2, 3, 4]) {
    send(event(n));
    await arrival();
  }
  open();
  await until(() => found.length > 1);
  send(event(5), DONE);
  await packets.result;
  assert.deepEqual(found, [
    [1, 0],
    [4, 1],
    [5, 2],
  ]);
});

test('a handler that keeps the thread busy gets the newest of what came meanwhile', async () => {
  const { fetch, send } = sending(event(1));
  const found = [];
  const packets = stream(URL_OF_PRICES, { fetch, latest: true }).progress(packet => {
    found.push(packet);
    if (packet === 1) send(event(2), event(3), event(4));
    if (packet === 4) send(event(5), DONE);
  });
  await packets.result;
  assert.deepEqual(found, [1, 4, 5]);
});

test('so does an iterator', async () => {
  const { fetch, send } = sending(event(1), event(2));
  const found = [];
  for await (const packet of stream(URL_OF_PRICES, { fetch, latest: true })) {
    found.push(packet);
    if (packet === 2) {
      send(event(3));
      await arrival();
      send(event(4), event(5)); // these have not been read when the next packet is asked for
    }
    if (packet === 5) send(DONE);
  }
  assert.deepEqual(found, [2, 5]);
});

test('gaps and the end are not skipped, nor is the last packet', async () => {
  const { fetch, send } = sending(event(1));
  const { open, opened } = gate();
  const calls = [];
  const packets = stream(URL_OF_PRICES, { fetch, latest: true })
    .progress(packet => {
      calls.push(packet);
      return opened;
    })
    .gap(gap => calls.push(gap))
    .done(result => calls.push(result));
  await until(() => calls.length);
  send(event(2), event(GAP, 'gap'), event(3), event({ ...GAP, first: 9 }, 'gap'), event(9), event('result', 'done'));
  await arrival();
  open();
  await packets.result;
  assert.deepEqual(calls, [1, GAP, { ...GAP, first: 9 }, 9, 'result']);
});

test('a failure comes after the last packet', async t => {
  const url = await serve(t, connection => connection.sse().chunk(event(1), event(2)).end());
  const found = [];
  const { code } = await failure(stream(url, { latest: true }).progress(packet => found.push(packet)));
  assert.deepEqual([code, found.at(-1)], ['truncated', 2]);
});

test('packets that are skipped are read, move the last id on, and are not decoded', async t => {
  const { open, opened } = gate();
  const { url, requests } = await serveInTurn(
    t,
    connection => connection.sse().chunk(eventWithId('a')) && sendRest(connection),
    connection => connection.sse().chunk(DONE).end(),
  );
  let sendRest = connection => (sendRest = () => connection.chunk(eventWithId('b')).chunk(eventWithId('c')).reset());
  const decoded = [];
  const decode = raw => (decoded.push(raw), raw);
  const packets = stream(url, { decode, latest: true, reconnect: { delay: 1 } }).progress(() => opened);
  await until(() => decoded.length);
  sendRest();
  await until(() => requests.length === 2);
  open();
  await packets.result;
  assert.equal(requests[1].headers['last-event-id'], 'c');
  assert.deepEqual(decoded, ['a', 'c']);
});

test('a consumer that comes late gets the newest packet', async () => {
  const { fetch, send } = sending(event(1));
  const packets = stream(URL_OF_PRICES, { fetch, latest: true });
  await packets.response;
  await arrival();
  send(event(2), event(3), DONE);
  await arrival();
  const found = [];
  for await (const packet of packets) found.push(packet);
  assert.deepEqual(found, [3]);
});

test('an abort ends it while a handler waits', async () => {
  const { fetch } = sending(event(1));
  const { open, opened } = gate();
  const found = [];
  const packets = stream(URL_OF_PRICES, { fetch, latest: true }).progress(packet => {
    found.push(packet);
    return opened;
  });
  await until(() => found.length);
  packets.abort();
  open();
  await assert.rejects(packets.result, { name: 'AbortError' });
  assert.deepEqual(found, [1]);
});

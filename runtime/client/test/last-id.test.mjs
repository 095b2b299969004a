// The last event id, by the rules of the WHATWG HTML standard (section 9.2): a state of the stream, not of a connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { names, recorded } from './support/observe.mjs';
import { DONE, event, eventWithId, serveInTurn } from './support/server.mjs';

/** What the stream sends as `Last-Event-ID` when it connects again after these bodies, and the ids of its packets. */
async function idsAfter(t, ...bodies) {
  const { url, requests } = await serveInTurn(
    t,
    ...[...bodies, DONE].map(body => connection => connection.sse().chunk(body).end()),
  );
  const seen = [];
  const resumed = stream(url, { reconnect: { delay: 1 } }).progress((packet, { id }) => seen.push([packet, id]));
  const calls = names(await recorded(resumed));
  assert.deepEqual(calls.slice(-2), ['done', 'always']);
  return { sent: requests.slice(1).map(({ headers }) => headers['last-event-id']), seen };
}

test('an id is sent back as UTF-8, whatever its characters', async t => {
  for (const id of ['10 €', 'é', '🐴', 'žluťoučký kůň', 'a\tb', 'ÿā']) {
    const { sent } = await idsAfter(t, eventWithId(id, 1)); // the test server reads heads as UTF-8
    assert.deepEqual(sent, [id]);
  }
});

test('an id with control characters, which no header can hold, is not sent', async t => {
  for (const id of ['\u0001', 'a\u007fb', '\u001b[0m']) {
    const { sent, seen } = await idsAfter(t, eventWithId(id, 1));
    assert.deepEqual([sent, seen], [[undefined], [[1, id]]]);
  }
});

test('the id holds over connections until the server sets another', async t => {
  const { sent, seen } = await idsAfter(t, eventWithId('a', 1), event(2), event(3) + eventWithId('b', 4));
  assert.deepEqual(sent, ['a', 'a', 'b']);
  assert.deepEqual(seen, [
    [1, 'a'],
    [2, 'a'],
    [3, 'a'],
    [4, 'b'],
  ]);
});

test('an empty id takes the last one back, also on a later connection', async t => {
  for (const taken of ['id\n', 'id:\n', 'id: \n']) {
    const { sent, seen } = await idsAfter(
      t,
      eventWithId('a', 1) + taken + event(2),
      eventWithId('b', 3),
      `${taken}\n`,
      event(4),
    );
    assert.deepEqual(sent, [undefined, 'b', undefined, undefined]);
    assert.deepEqual(seen, [
      [1, 'a'],
      [2, undefined],
      [3, 'b'],
      [4, undefined],
    ]);
  }
});

test('an id with NUL is ignored, also the one of an incomplete event', async t => {
  const { sent, seen } = await idsAfter(t, eventWithId('a', 1) + 'id: b\0\n' + event(2) + 'id: c\ndata: 3\n');
  assert.deepEqual(sent, ['a']);
  assert.deepEqual(seen, [
    [1, 'a'],
    [2, 'a'],
  ]);
});

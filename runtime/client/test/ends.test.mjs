// Ends that other servers send in place of `done`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { names, recorded } from './support/observe.mjs';
import { event, serveInTurn } from './support/server.mjs';

const ENDS = [
  [{ data: '[DONE]' }, 'data: [DONE]\n\n', undefined],
  [{ event: 'close' }, 'event: close\ndata: {"n":1}\n\n', { n: 1 }],
];

for (const [end, mark, result] of ENDS) {
  const name = JSON.stringify(end);

  test(`${name}: the stream is done at that event, even if the connection stays`, async t => {
    const { url, requests } = await serveInTurn(t, connection => connection.sse().chunk(event(1), mark, event(2)));
    const calls = await recorded(stream(url, { end }));
    assert.deepEqual(calls, [['progress', 1], ['done', result], ['always']]);
    assert.equal(requests[0].headers.accept, 'text/event-stream');
  });

  test(`${name}: a body that ends before it was cut off, also cleanly`, async t => {
    for (const [last, code] of [
      [connection => connection.end(), 'truncated'],
      [connection => connection.chunk(event('bye', 'done')).end(), 'truncated'],
      [connection => connection.chunk(mark.slice(0, -1)).end(), 'truncated'],
      [connection => connection.reset(), 'network'],
    ]) {
      const { url } = await serveInTurn(t, connection => last(connection.sse().chunk(event(1))));
      const calls = names(await recorded(stream(url, { end })));
      assert.deepEqual([calls[0], calls.at(-2)], [1, code]);
    }
  });

  test(`${name}: with \`reconnect\` the stream goes on until it comes`, async t => {
    const { url } = await serveInTurn(
      t,
      connection => connection.sse().chunk(event(1)).end(),
      connection => connection.sse().chunk(event(2), mark).end(),
    );
    assert.deepEqual(names(await recorded(stream(url, { end, reconnect: { delay: 1 } }))), [1, 2, 'done', 'always']);
  });

  test(`${name}: no other format is accepted`, async t => {
    const { url } = await serveInTurn(t, connection =>
      connection.head('200 OK', 'content-type: application/json').chunk('1').end(),
    );
    assert.deepEqual(names(await recorded(stream(url, { end }))), ['protocol', 'always']);
  });
}

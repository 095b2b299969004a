// Platforms that lack something: workers without some of the browsers' interfaces, and older engines.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { failure, names, recorded, reports } from './support/observe.mjs';
import { DONE, event, serve } from './support/server.mjs';
import { stub } from './support/stub.mjs';

/** A handler that keeps the page busy for so long that other tasks get a turn. */
const busy = () => {
  for (const start = performance.now(); performance.now() - start < 10;);
};

test('without `MessageChannel` all packets and the end arrive', async t => {
  stub(t, { MessageChannel: undefined });
  const url = await serve(t, connection =>
    connection
      .sse()
      .chunk(event(1) + event(2) + event(3), DONE)
      .end(),
  );
  assert.deepEqual(names(await recorded(stream(url).progress(busy))), [1, 2, 3, 'done', 'always']);
});

test('an exception while packets are passed on ends the stream, whatever it is', async t => {
  const cause = new RangeError('no more channels');
  stub(t, {
    MessageChannel: class {
      constructor() {
        throw cause;
      }
    },
  });
  const url = await serve(t, connection => connection.sse().chunk(event(1) + event(2)));
  const broken = stream(url, { reconnect: { delay: 1 } }).progress(busy);
  const error = await failure(broken);
  assert.deepEqual([error.code, error.cause, error.retryable, broken.state], ['internal', cause, false, 'failed']);
});

test('a missing interface fails the stream once, and not as a broken network', async t => {
  const reported = reports(t);
  stub(t, { TextDecoder: undefined });
  let requests = 0;
  const url = await serve(t, connection => {
    requests += 1;
    connection.sse().chunk(event(1));
  });
  const error = await failure(stream(url, { reconnect: { delay: 1 } }));
  assert.deepEqual([error.code, error.cause.name, error.retryable], ['internal', 'TypeError', false]);
  assert.match(error.message, /TextDecoder/);
  assert.deepEqual([requests, reported], [1, []]);
});

test('`cache` is left out where it throws, and set elsewhere', async t => {
  const caches = [];
  const fetch = async (_, init) => {
    caches.push('cache' in init ? init.cache : 'left out');
    return new Response(DONE, { headers: { 'content-type': 'text/event-stream' } });
  };
  await stream('http://127.0.0.1/', { fetch }).result;
  stub(t, {
    Request: class extends Request {
      constructor(input, init = {}) {
        if ('cache' in init) throw new Error("The 'cache' field is not implemented.");
        super(input, init);
      }
    },
  });
  await stream('http://127.0.0.1/', { fetch }).result;
  assert.deepEqual(caches, ['no-store', 'left out']);
});

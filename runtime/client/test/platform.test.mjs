// Platforms that lack something: workers without some of the browsers' interfaces, and older engines.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StreamError, stream } from '../outflow.mjs';
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

test('in React Native, whose `fetch` cannot stream, the error says what to do, before a request is made', async t => {
  let requests = 0;
  const url = await serve(t, () => (requests += 1));
  /** As in React Native: it needs no streams. */
  const Request = class {
    headers = new Headers();
    constructor(url) {
      this.url = url;
    }
  };
  stub(t, { ReadableStream: undefined, DOMException: undefined, Request });
  for (const options of [{}, { json: 1 }, { format: 'ndjson' }, { reconnect: { delay: 1 } }]) {
    const error = await failure(stream(url, options));
    assert.ok(error instanceof StreamError);
    assert.deepEqual([error.code, error.retryable, requests], ['internal', false, 0]);
    assert.match(error.message, /React Native.*`fetch`.*`expo\/fetch`/);
  }
  const aborted = stream(url).fail(() => {});
  aborted.abort();
  await recorded(aborted);
  assert.equal(aborted.state, 'aborted');
});

test('a response without a body that could be read says the same', async () => {
  const head = { ok: true, status: 200, url: '/', headers: new Headers({ 'content-type': 'text/event-stream' }) };
  const error = await failure(stream('/', { fetch: async () => ({ ...head, body: undefined }) }));
  assert.equal(error.code, 'internal');
  assert.match(error.message, /React Native.*`expo\/fetch`/);
});

test('the `fetch` of Expo streams where nothing else does', async t => {
  const response = new Response(event(1) + DONE, { headers: { 'content-type': 'text/event-stream' } });
  stub(t, { ReadableStream: undefined, DOMException: undefined, MessageChannel: undefined });
  assert.deepEqual(names(await recorded(stream('/', { fetch: async () => response }))), [1, 'done', 'always']);
});

test('a body that must not be there is no matter of the platform', async t => {
  const url = await serve(t, connection => connection.head('204 No Content', 'content-length: 0'));
  assert.equal((await failure(stream(url))).code, 'protocol');
  const head = await serve(t, connection =>
    connection.head('200 OK', 'content-type: text/event-stream', 'content-length: 0'),
  );
  assert.equal((await failure(stream(head, { method: 'HEAD' }))).code, 'protocol');
});

// Bodies of requests: what is sent as it is, and what is refused at the call.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow/full.mjs';
import { failure, turn } from './support/observe.mjs';
import { DONE, serve, serveInTurn } from './support/server.mjs';
import { stub } from './support/stub.mjs';

test('a stream as body', async () => {
  let sent;
  const body = new Blob(['hello']).stream();
  const fetch = async (url, init) => {
    sent = await new Request(url, init).text(); // throws if `init` lacks anything
    return new Response(DONE, { headers: { 'content-type': 'text/event-stream' } });
  };
  await stream('http://127.0.0.1/', { body, fetch }).result;
  assert.equal(sent, 'hello');
});

test('an impossible request is refused at the call, and nothing is sent', async t => {
  let requests = 0;
  const url = await serve(t, () => (requests += 1));
  const used = new Request(url, { method: 'POST', body: 'x' });
  await used.text();
  const impossible = [
    ['/x'], // Node has no page that it would be relative to
    ['http://'],
    ['http://user:secret@127.0.0.1/'],
    ['ws://127.0.0.1/'],
    [new URL('WSS://127.0.0.1/')],
    ['ftp://127.0.0.1/'],
    [url, { method: 'GET', json: {} }],
    [url, { method: 'HEAD', body: 'x' }],
    [url, { method: 'CONNECT' }],
    [url, { method: 'GET ' }],
    [url, { credentials: 'nonsense' }],
    [url, { headers: { 'x-name': 'kůň' } }],
    [url, { headers: { 'x name': 'a' } }],
    [url, { signal: {} }],
    [used],
    [new Request(url, { method: 'POST', body: 'x' }), { method: 'GET' }],
  ];
  for (const [target, options] of impossible) {
    for (const reconnect of [undefined, { unsafe: true, delay: 1 }]) {
      assert.throws(() => stream(target, { ...options, reconnect }), { name: 'TypeError' }, JSON.stringify(options));
    }
  }
  await turn();
  assert.equal(requests, 0);
});

test('a body that would become a text such as "[object Object]" is refused at the call', t => {
  const url = 'http://127.0.0.1/';
  for (const body of [{ a: 1 }, [1, 2], new Date(), new Map(), new URL(url)]) {
    assert.throws(() => stream(url, { body }), { name: 'TypeError', message: /`json`/ });
  }
  // As in Firefox, which has no streams as request bodies.
  const Real = Request;
  stub(t, {
    Request: class extends Real {
      constructor(input, init = {}) {
        super(input, { ...init, body: init.body instanceof ReadableStream ? String(init.body) : init.body });
      }
    },
  });
  const body = new Blob(['hello']).stream();
  assert.throws(() => stream(url, { body }), { name: 'TypeError', message: /ReadableStream.*Blob/ });
  assert.equal(body.locked, false, 'and it is as it was');
});

test('an async iterable as body is a stream too: sent once, and never again', async t => {
  const pieces = async function* () {
    yield new TextEncoder().encode('one ');
    yield new TextEncoder().encode('two');
  };
  let sent;
  const fetch = async (url, init) => {
    sent = await new Request(url, init).text();
    return new Response(DONE, { headers: { 'content-type': 'text/event-stream' } });
  };
  await stream('http://127.0.0.1/', { body: pieces(), fetch }).result;
  assert.equal(sent, 'one two');
  const again = { body: pieces(), reconnect: { unsafe: true } };
  assert.throws(() => stream('http://127.0.0.1/', again), { name: 'TypeError', message: /stream.*Blob/ });
});

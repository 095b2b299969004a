// Valid options make the request that they describe; invalid ones are refused at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decoders, stream } from '../outflow/full.mjs';
import { failure, turn } from './support/observe.mjs';
import { DONE, serve, serveInTurn } from './support/server.mjs';
import { stub } from './support/stub.mjs';

const ACCEPT = 'text/event-stream, application/x-ndjson;q=0.9, application/json;q=0.8';

/** The request that a call makes. */
async function request(t, path = '', options) {
  let found;
  const url = await serve(t, connection => {
    found = connection.request;
    connection.sse().chunk(DONE).end();
  });
  await stream(typeof path === 'function' ? path(url) : url + path, options).result;
  return found;
}

test('without options', async t => {
  const { method, path, headers, body } = await request(t, 'stream/test');
  assert.deepEqual([method, path, body], ['GET', '/stream/test', '']);
  assert.equal(headers.accept, ACCEPT);
  assert.equal('x-request-type' in headers, false, 'it would cost a preflight');
});

test('method and body', async t => {
  const posted = await request(t, '', { body: 'hello' });
  assert.deepEqual([posted.method, posted.body], ['POST', 'hello']);
  const put = await request(t, '', { method: 'PUT', body: new URLSearchParams({ a: '1' }) });
  assert.deepEqual([put.method, put.body], ['PUT', 'a=1']);
  assert.match(put.headers['content-type'], /^application\/x-www-form-urlencoded/);
  const deleted = await request(t, '', { method: 'DELETE', body: null });
  assert.deepEqual([deleted.method, deleted.body], ['DELETE', '']);
});

test('json', async t => {
  const { method, headers, body } = await request(t, '', { json: { a: [1, null] } });
  assert.deepEqual([method, headers['content-type'], body], ['POST', 'application/json', '{"a":[1,null]}']);
  assert.equal((await request(t, '', { json: null })).body, 'null');
  const typed = await request(t, '', { json: 1, headers: { 'Content-Type': 'application/vnd.x+json' } });
  assert.equal(typed.headers['content-type'], 'application/vnd.x+json');
});

test('params', async t => {
  const path = async (path, params) => (await request(t, path, { params })).path;
  assert.equal(await path('items/{id}', { id: 7 }), '/items/7');
  assert.equal(await path('{a}/to/{a}/{b}?c={c}', { a: 'x', b: true, c: 2n }), '/x/to/x/true?c=2');
  assert.equal(await path('files/{path}', { path: 'a/b c?d#e%' }), '/files/a%2Fb%20c%3Fd%23e%25');
  assert.equal(await path('items/{id}', { other: 7 }), '/items/%7Bid%7D', 'the server says that it is no id');
  assert.equal(await path('items/{id}'), '/items/%7Bid%7D');
  const run = stream('http://127.0.0.1:1/jobs/{job}', { params: { job: 'a' }, resumable: true });
  assert.equal(run.handle.url, 'http://127.0.0.1:1/jobs/a');
  run.abort();
});

test('query', async t => {
  const path = async (path, query) => (await request(t, path, { query })).path;
  assert.equal(await path('', { a: 1, b: 'x y&z', c: true }), '/?a=1&b=x+y%26z&c=true');
  assert.equal(await path('?a=1', { b: 2 }), '/?a=1&b=2');
  assert.equal(await path('p#hash?no', { b: 2 }), '/p?b=2');
  assert.equal(await path('', { a: ['x', 'y'], b: undefined, c: null, d: [], e: '' }), '/?a=x&a=y&e=');
  assert.equal(await path('', new URLSearchParams('a=1&a=2')), '/?a=1&a=2');
  assert.equal(await path('?a', {}), '/?a');
});

test('headers, as an object or a function', async t => {
  const given = await request(t, '', { headers: { 'X-Token': 'secret', accept: 'application/json' } });
  assert.equal(given.headers['x-token'], 'secret');
  assert.equal(given.headers.accept, 'application/json');
  const attempts = [];
  const made = await request(t, '', {
    headers: async attempt => {
      attempts.push(attempt);
      return new Headers({ 'x-token': 'fresh' });
    },
  });
  assert.equal(made.headers['x-token'], 'fresh');
  assert.equal(made.headers.accept, ACCEPT);
  assert.deepEqual(attempts, [1]);
});

test('a headers function that throws ends the stream with its error, and is not called again', async () => {
  const cause = new Error('logged out');
  const url = 'http://127.0.0.1:1/';
  for (const options of [{}, { reconnect: { delay: 1 } }, { resumable: true, reconnect: { delay: 1 } }]) {
    for (const fail of [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ]) {
      const attempts = [];
      const headers = attempt => (attempts.push(attempt), fail());
      const error = await failure(stream(url, { ...options, headers }));
      assert.deepEqual([error.code, error.cause, error.retryable, attempts], ['request', cause, false, [1]]);
      assert.match(error.message, /logged out/);
    }
    const error = await failure(stream(url, { ...options, headers: () => ({ 'x-name': 'kůň' }) }));
    assert.deepEqual([error.code, error.cause.name], ['request', 'TypeError']);
  }
});

test('`query` and `json` as functions are made for each attempt', async t => {
  const { url, requests } = await serveInTurn(
    t,
    connection => connection.reset(),
    connection => connection.head('503 Busy', 'content-length: 0'),
    connection => connection.sse().chunk(DONE).end(),
  );
  const made = stream(`${url}?a=1`, {
    query: attempt => ({ attempt }),
    json: async attempt => [attempt],
    reconnect: { unsafe: true, delay: 1 },
  });
  await made.result;
  assert.deepEqual(
    requests.map(({ method, path, body, headers }) => [method, path, body, headers['content-type']]),
    [1, 2, 3].map(n => ['POST', `/?a=1&attempt=${n}`, `[${n}]`, 'application/json']),
  );
});

test('an error names the URL of its own attempt', async t => {
  const { url } = await serveInTurn(t, connection => connection.reset());
  const query = async attempt => new URLSearchParams({ attempt });
  const error = await failure(stream(url, { query, reconnect: { delay: 1, retries: 1 } }));
  assert.equal(error.url, `${url}?attempt=2`);
});

test('a function that returns no JSON value sends `null`', async t => {
  assert.equal((await request(t, '', { json: () => {} })).body, 'null');
});

test('a `query` or `json` function that throws ends the stream with its error, and is not called again', async () => {
  const cause = new Error('no state');
  const fail = () => {
    throw cause;
  };
  const cyclic = {};
  cyclic.self = cyclic;
  for (const options of [{ query: fail }, { json: fail }, { json: async () => fail() }, { json: () => cyclic }]) {
    const error = await failure(stream('http://127.0.0.1:1/', { ...options, reconnect: { unsafe: true, delay: 1 } }));
    assert.deepEqual([error.code, error.attempt, error.retryable], ['request', 1, false]);
    assert.match(error.message, RegExp(`function \`${Object.keys(options)}\` failed`));
  }
});

test('a run is one request, so nothing in it is made anew', () => {
  for (const options of [{ json: () => 1 }, { query: () => ({}) }]) {
    assert.throws(() => stream('http://127.0.0.1/', { ...options, resumable: true }), {
      name: 'TypeError',
      message: /`resumable` .*function/,
    });
  }
});

test('for a format, the server is asked for it, and for anything else if it does not know the name', async t => {
  for (const [format, type, body] of [
    ['sse', 'text/event-stream', DONE],
    ['ndjson', 'application/x-ndjson, */*;q=0.1', '1\n'],
    ['json', 'application/json, */*;q=0.1', '1'],
    ['envelope', 'application/json, */*;q=0.1', '{"items":[]}'],
    ['frames', 'application/octet-stream;charset=iso-8859-1, */*;q=0.1', '\0s'],
  ]) {
    const { url, requests } = await serveInTurn(t, connection => connection.head('200 OK').chunk(body).end());
    await stream(url, { format }).result;
    assert.equal(requests[0].headers.accept, type);
  }
});

test('options for server-sent events exclude another format', () => {
  for (const options of [{ end: 'eof' }, { end: { data: 'x' } }, { decode: 'text' }, { resumable: true }]) {
    assert.throws(() => stream('http://127.0.0.1/', { ...options, format: 'ndjson' }), {
      name: 'TypeError',
      message: /`format: 'sse'`/,
    });
    stream('http://127.0.0.1/', { ...options, format: 'sse' }).abort();
  }
});

test('URL and Request', async t => {
  assert.equal((await request(t, url => new URL('a?b=1', url), { query: { c: 2 } })).path, '/a?b=1&c=2');
  const init = { method: 'PATCH', body: 'x', headers: { 'x-token': 'own' } };
  const own = await request(t, url => new Request(`${url}a`, init));
  assert.deepEqual([own.method, own.path, own.body, own.headers['x-token']], ['PATCH', '/a', 'x', 'own']);
  assert.equal(own.headers.accept, ACCEPT);
});

test('for other servers only server-sent events are accepted', async t => {
  for (const options of [{ end: 'eof' }, { decode: 'text' }]) {
    assert.equal((await request(t, '', options)).headers.accept, 'text/event-stream');
  }
});

test('what is passed to fetch', async () => {
  let told;
  const fetch = async (_, init) => {
    told = init;
    return new Response(DONE, { headers: { 'content-type': 'text/event-stream' } });
  };
  await stream('/', { fetch, credentials: 'include' }).result;
  assert.equal(told.credentials, 'include');
  assert.equal(told.cache, 'no-store');
  assert.ok(told.signal instanceof AbortSignal);
});

test('options are not changed, and may be undefined', async t => {
  const options = Object.freeze({
    method: undefined,
    json: undefined,
    decode: undefined,
    end: undefined,
    reconnect: undefined,
  });
  assert.equal((await request(t, '', options)).method, 'GET');
});

test('unknown options are refused', () => {
  for (const name of ['accept', 'methd', 'retry']) {
    assert.throws(() => stream('/', { [name]: true }), { name: 'TypeError', message: RegExp(name) }, name);
  }
});

test('invalid values are refused', () => {
  const wrong = [
    { decode: 'json' },
    { decode: 1 },
    { end: 'done' },
    { end: false },
    { maxPacketBytes: 0 },
    { maxPacketBytes: 'many' },
    { responseTimeout: -1 },
    { idleTimeout: NaN },
    { body: 'x', json: 1 },
    { reconnect: 1 },
    { reconnect: { retry: 1 } },
    { reconnect: { delay: '5 s' } },
    { reconnect: { retries: -1 } },
    { reconnect: { maxDelay: NaN } },
    { fetch: 'https://127.0.0.1/' },
    { query: 'a=1' },
    { params: 7 },
    { end: {} },
    { end: { data: 1 } },
    { end: { data: 'a', event: 'b' } },
    { end: { name: 'close' } },
    { end: { event: '' } },
    { end: { event: 'error' } },
    { integrity: 'sha256-x' },
    { format: 'csv' },
    { format: 'toString' },
    { reconnect: { when: true } },
    { reconnect: { delay: () => 1 } },
    { redirect: 'somewhere' },
    { cache: 'fresh' },
    { json: Symbol('a') },
    { headers: 5 },
    { resumable: 'yes' },
    { onUploadProgress: true },
  ];
  for (const options of wrong) assert.throws(() => stream('/', options), TypeError, JSON.stringify(options));
  assert.throws(() => stream(new Request('http://127.0.0.1/'), { query: { a: 1 } }), TypeError);
  assert.throws(() => stream(new Request('http://127.0.0.1/'), { params: { a: 1 } }), TypeError);
});

test('requests that must not or cannot be repeated are refused, with the way out', () => {
  const body = new Blob(['x']).stream();
  const refused = [
    [{ json: 1, reconnect: true }, /POST.*unsafe/],
    [{ method: 'DELETE', reconnect: true }, /DELETE.*unsafe/],
    [{ body, reconnect: { unsafe: true } }, /stream.*Blob/],
    [{ body, resumable: true }, /stream.*Blob/],
    [{ method: 'GET', resumable: true }, /POST.*GET/],
    [{ body: 'x', onUploadProgress() {} }, /XMLHttpRequest/], // missing in Node
  ];
  for (const [options, message] of refused) {
    assert.throws(() => stream('http://127.0.0.1/', options), { name: 'TypeError', message }, message);
  }
  const request = new Request('http://127.0.0.1/', { method: 'POST', body: 'x' });
  assert.throws(() => stream(request, { resumable: true }), TypeError);
  assert.throws(() => stream(request, { reconnect: true }), TypeError);
});

test('a relative URL is fine for a `fetch` that can resolve it', async () => {
  const fetch = async url =>
    new Response(`data: "${url}"\n\n${DONE}`, { headers: { 'content-type': 'text/event-stream' } });
  const packets = [];
  await stream('/x?a=1', { fetch }).progress(packet => packets.push(packet)).result;
  assert.deepEqual(packets, ['/x?a=1']);
});

test('upload progress cannot be had without cookies', t => {
  globalThis.XMLHttpRequest = class {}; // as in browsers, where it always sends cookies to the page's own origin
  t.after(() => delete globalThis.XMLHttpRequest);
  const options = { body: 'x', credentials: 'omit', onUploadProgress() {} };
  assert.throws(() => stream('http://127.0.0.1/', options), {
    name: 'TypeError',
    message: /no `fetch` or its options/,
  });
});

test('decoders are exported by name', () => {
  assert.deepEqual(Object.keys(decoders), ['envelope', 'frames', 'json', 'ndjson', 'sse']);
});

// Members of `RequestInit` that go to `fetch` as they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { failure, recorded } from './support/observe.mjs';
import { DONE, serveInTurn } from './support/server.mjs';
import { stub } from './support/stub.mjs';

const MEMBERS = {
  cache: 'force-cache',
  credentials: 'include',
  keepalive: true,
  mode: 'cors',
  priority: 'high',
  redirect: 'error',
  referrer: '',
  referrerPolicy: 'no-referrer',
};

test('every member reaches `fetch`, in every attempt', async () => {
  const told = [];
  const fetch = async (_, init) => {
    if (told.push(init) === 1) throw new TypeError('no network');
    return new Response(DONE, { headers: { 'content-type': 'text/event-stream' } });
  };
  await stream('http://127.0.0.1/', { ...MEMBERS, fetch, reconnect: { delay: 1 } }).result;
  for (const init of told) for (const [name, value] of Object.entries(MEMBERS)) assert.equal(init[name], value, name);
});

test('a redirect that is not wanted is an error', async t => {
  const { url } = await serveInTurn(
    t,
    connection => connection.head('302 Found', 'location: /login', 'content-length: 0'),
    connection => connection.sse().chunk(DONE).end(),
  );
  assert.equal((await failure(stream(url, { redirect: 'error' }))).code, 'network');
});

test("undici's dispatcher carries the request", async t => {
  const { url } = await serveInTurn(t, connection => connection.sse().chunk(DONE).end());
  await fetch('data:,'); // makes the global one
  const usual = globalThis[Symbol.for('undici.globalDispatcher.1')];
  const paths = [];
  const dispatcher = {
    dispatch(options, handler) {
      paths.push(options.path);
      return usual.dispatch(options, handler);
    },
  };
  await stream(`${url}x`, { dispatcher }).result;
  assert.deepEqual(paths, ['/x']);
});

test('an invalid value is a `TypeError` at the call', () => {
  for (const name of ['cache', 'credentials', 'mode', 'redirect', 'referrerPolicy']) {
    assert.throws(() => stream('http://127.0.0.1/', { [name]: 'nonsense' }), TypeError, name);
  }
});

test('they exclude upload progress, which `fetch` cannot report', t => {
  stub(t, { XMLHttpRequest: class {} });
  for (const name of Object.keys(MEMBERS)) {
    if (name === 'credentials') continue;
    const options = { body: 'x', onUploadProgress() {}, [name]: MEMBERS[name] };
    assert.throws(() => stream('http://127.0.0.1/', options), { name: 'TypeError', message: /XMLHttpRequest/ }, name);
  }
});

test('left out, they exclude nothing', t => {
  stub(t, { XMLHttpRequest: class {} });
  const left = Object.fromEntries(Object.keys(MEMBERS).map(name => [name, undefined]));
  stream('http://127.0.0.1/', { ...left, body: 'x', onUploadProgress() {} }).abort();
});

test('in a request for a run they hold too', async () => {
  const told = [];
  const fetch = async (_, init) => {
    told.push(init);
    return new Response(`id: 1\n${DONE.replace(/id:.*\n/, '')}`, { headers: { 'content-type': 'text/event-stream' } });
  };
  const handle = { run: 'http://127.0.0.1/runs/r1', key: 'k', cursor: 0 };
  await recorded(stream.resume(handle, { fetch, redirect: 'error' }));
  assert.deepEqual([told[0].redirect, told[0].method, told[0].body], ['error', 'GET', undefined]);
});

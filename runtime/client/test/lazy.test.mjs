// Lazy modules that cannot be loaded, as without a network.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lazy } from '../outflow/lazy.mjs';
import { stream } from '../outflow.mjs';
import { failure, names, recorded, until } from './support/observe.mjs';
import { DONE, event, serveInTurn } from './support/server.mjs';
import { stub } from './support/stub.mjs';

/** A short delay, for tests. */
const SOON = { delay: 1 };
const { session } = lazy;

/** Makes the session module fail to load that many times, as without a network. */
function unloadable(t, times) {
  t.after(() => (lazy.session = session));
  const found = { loads: 0 };
  lazy.session = async () => {
    if (found.loads++ < times) throw new TypeError('Failed to fetch dynamically imported module');
    return session();
  };
  return found;
}

test('a lazy module that could not be loaded is loaded again, like a connection', async t => {
  for (const options of [{ reconnect: SOON }, { resumable: true, reconnect: SOON }]) {
    const part = unloadable(t, 2);
    const { url, requests } = await serveInTurn(t, connection =>
      connection
        .sse()
        .chunk(`id: 1\n${event('a')}id: 2\n${event('bye', 'done')}`)
        .end(),
    );
    const states = [];
    const late = stream(url, options).onState(({ state, error }) => states.push([state, error?.code]));
    assert.deepEqual(names(await recorded(late)), ['a', 'done', 'always']);
    assert.deepEqual(states, [
      ['reconnecting', 'load'],
      ['reconnecting', 'load'],
      ['open', undefined],
      ['done', undefined],
    ]);
    assert.deepEqual([part.loads, requests.length, late.stats.attempts], [3, 1, 1]);
  }
});

test('a lazy module that cannot be loaded fails a stream that does not reconnect, or has no retries left', async t => {
  for (const [options, loads] of [
    [{ idleTimeout: 1000 }, 1],
    [{ reconnect: { ...SOON, retries: 2 } }, 3],
    [{ reconnect: SOON }, 6],
    [{ reconnect: { ...SOON, retries: 100 } }, 6],
    [{ resumable: true, reconnect: SOON }, 6],
  ]) {
    const part = unloadable(t, Infinity);
    const error = await failure(stream('http://127.0.0.1:1/', options));
    assert.deepEqual([error.code, error.retryable, part.loads], ['load', false, loads]);
    assert.match(error.message, /client's module `session` .*dynamically imported.*CSP.*`outflow\.full\.js`/);
  }
});

test('loading a lazy module in vain does not count while the page is offline', async t => {
  const navigator = { onLine: false };
  stub(t, { navigator });
  const part = unloadable(t, 20);
  const { url } = await serveInTurn(t, connection => connection.sse().chunk(DONE).end());
  await stream(url, { reconnect: SOON }).result;
  assert.equal(part.loads, 21);
});

test('the module for uploads is not loaded without end either', async t => {
  stub(t, { XMLHttpRequest: class {} });
  const { upload } = lazy;
  t.after(() => (lazy.upload = upload));
  let loads = 0;
  lazy.upload = async () => {
    loads += 1;
    throw new TypeError('it is gone');
  };
  const options = { body: 'x', onUploadProgress() {}, reconnect: { ...SOON, unsafe: true } };
  assert.equal((await failure(stream('http://127.0.0.1:1/', options))).code, 'load');
  assert.equal(loads, 6);
});

test('abort while it waits to load a lazy module leaves no timer', async t => {
  unloadable(t, Infinity);
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
  const before = timers();
  const waiting = stream('http://127.0.0.1:1/', { reconnect: { delay: 60_000 } }).fail(() => {});
  await until(() => waiting.state === 'reconnecting');
  waiting.abort();
  await new Promise(resolve => setTimeout(resolve, 5));
  assert.equal(timers(), before);
});

// `reconnect.when`: the caller decides what is tried again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { failure, names, recorded } from './support/observe.mjs';
import { serveRuns } from './support/runs.mjs';
import { DONE, event, eventWithId, serveInTurn } from './support/server.mjs';
import { stub } from './support/stub.mjs';

const refused = connection => connection.head('401 Unauthorized', 'content-length: 0');

test('a 401 is tried again with a new token, as in the README', async t => {
  const { url, requests } = await serveInTurn(
    t,
    refused,
    connection => connection.sse().chunk(eventWithId(1)).reset(),
    refused,
    connection => connection.sse().chunk(DONE).end(),
  );
  let token = 1;
  const renew = async () => (token += 1);
  const asked = [];
  const prices = stream(url, {
    headers: () => ({ authorization: `Bearer ${token}` }),
    reconnect: {
      delay: 1,
      async when(error, attempt) {
        asked.push([error.status ?? error.code, attempt]);
        if (error.status === 401) await renew();
        return error.retryable || error.status === 401;
      },
    },
  });
  assert.deepEqual(names(await recorded(prices)), [1, 'done', 'always']);
  assert.deepEqual(asked, [
    [401, 1],
    ['network', 2],
    [401, 3],
  ]);
  assert.deepEqual(
    requests.map(({ headers }) => headers.authorization),
    ['bearer 1', 'bearer 2', 'bearer 2', 'bearer 3'],
  );
});

test('it may refuse what would be tried again, and allow what would not', async t => {
  const cut = connection => connection.reset();
  const broken = connection => connection.sse().chunk('data: {\n\n').end();
  const failed = connection =>
    connection
      .sse()
      .chunk(event({ status: 500 }, 'error'))
      .end();
  const whole = connection => connection.sse().chunk(DONE).end();
  for (const answer of [refused, cut, broken, failed]) {
    for (const decision of [true, false]) {
      for (const when of [() => decision, async () => decision]) {
        const { url, requests } = await serveInTurn(t, answer, whole);
        const last = names(await recorded(stream(url, { reconnect: { delay: 1, when } }))).at(-2);
        assert.deepEqual([last === 'done', requests.length], [decision, decision ? 2 : 1]);
      }
    }
  }
});

test('`retries` limits it', async t => {
  const { url, requests } = await serveInTurn(t, refused);
  const error = await failure(stream(url, { reconnect: { delay: 1, retries: 3, when: () => true } }));
  assert.deepEqual([error.code, error.cause.status, requests.length], ['retries', 401, 4]);
});

test('if it throws, the stream fails with that', async t => {
  const cause = new Error('logged out');
  for (const when of [
    () => Promise.reject(cause),
    () => {
      throw cause;
    },
  ]) {
    const { url, requests } = await serveInTurn(t, refused);
    const error = await failure(stream(url, { reconnect: { delay: 1, when } }));
    assert.deepEqual([error.code, error.cause, error.retryable, requests.length], ['request', cause, false, 1]);
    assert.match(error.message, /`reconnect\.when` .*logged out.* after: The server answered 401/);
  }
});

test('an abort while it decides leaves no attempt behind', async t => {
  const { url, requests } = await serveInTurn(t, refused);
  let decide;
  const asked = new Promise(resolve => {
    decide = resolve;
  });
  const waiting = stream(url, {
    reconnect: { delay: 1, when: () => new Promise(resolve => decide(() => resolve(true))) },
  }).fail(() => {});
  const answer = await asked;
  waiting.abort();
  answer();
  await recorded(waiting);
  assert.deepEqual([waiting.state, requests.length], ['aborted', 1]);
});

test('`reconnectNow` while it decides skips the wait that follows', async t => {
  const { url, requests } = await serveInTurn(t, refused, connection => connection.sse().chunk(DONE).end());
  const when = async () => {
    waiting.reconnectNow();
    return true;
  };
  const waiting = stream(url, { reconnect: { delay: 1e9, maxDelay: 1e9, when } });
  assert.deepEqual(names(await recorded(waiting)), ['done', 'always']);
  assert.equal(requests.length, 2);
});

test('it is not asked about an end that was announced, nor when the page was hidden', async t => {
  const { url } = await serveInTurn(
    t,
    connection => connection.sse().chunk(eventWithId(1), 'retry: 1\n\n').end(),
    connection => connection.sse().chunk(eventWithId(2)),
    connection => connection.sse().chunk(DONE).end(),
  );
  const document = Object.assign(new EventTarget(), { hidden: false });
  stub(t, { document });
  const when = () => assert.fail('it was asked');
  const running = stream(url, { reconnect: { delay: 1, when, pauseWhenHidden: true } });
  running.progress(packet => {
    if (packet !== 2) return;
    document.hidden = true;
    document.dispatchEvent(new Event('visibilitychange'));
    setTimeout(() => {
      document.hidden = false;
      document.dispatchEvent(new Event('visibilitychange'));
    }, 5);
  });
  assert.deepEqual(names(await recorded(running)), [1, 2, 'done', 'always']);
});

test('it decides whether a run is followed, and not when the run is over', async t => {
  const followed = await serveRuns(t, {
    follow: (connection, { index, write }) =>
      index === 1 ? connection.head('401 Unauthorized', 'content-length: 0') : index ? write() : write(1).reset(),
  });
  const asked = [];
  const when = error => asked.push(error.status ?? error.code) > 0;
  const options = { resumable: true, reconnect: { delay: 1, when } };
  assert.deepEqual(names(await recorded(stream(followed.url, options))), ['a', 'b', 'c', 'done', 'always']);
  assert.deepEqual(asked, ['network', 401]);

  const over = await serveRuns(t);
  over.script = [event({ status: 500, type: 'about:blank' }, 'error')];
  assert.equal((await failure(stream(over.url, options))).status, 500);
  assert.deepEqual(asked, ['network', 401]);
});

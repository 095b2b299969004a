// What a caller does with a run: cancel it, leave it, and resume it by its handle.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { failure, names, recorded, reports, turn, until } from './support/observe.mjs';
import { serveRuns } from './support/runs.mjs';

const WHOLE = ['a', 'b', 'c', 'done', 'always'];

test('cancel stops the run, abort only leaves it', async t => {
  let proceed;
  const server = await serveRuns(t, {
    follow: (connection, { index, write }) => {
      const writer = write(index ? Infinity : 2);
      proceed = () => writer.reset();
    },
  });
  const run = stream(server.url, { resumable: true });
  const calls = recorded(run);
  await until(() => run.stats.packets === 2);
  await run.cancel();
  assert.equal(run.state, 'open', 'the end comes from the server');
  proceed();
  assert.deepEqual(names(await calls), ['a', 'b', 'cancelled', 'always']);
  assert.equal(server.requests.filter(({ method }) => method === 'DELETE').length, 1);

  const left = stream(server.url, { resumable: true });
  left.progress(() => left.abort());
  await assert.rejects(left.result, { name: 'AbortError' });
  assert.equal(server.requests.filter(({ method }) => method === 'DELETE').length, 1);
});

test('a cancelled run without handlers ends too, and is reported', async t => {
  const errors = reports(t);
  const server = await serveRuns(t, {
    async follow(connection, { run, write }) {
      write(2);
      await until(() => run.log.length === 3);
      connection.chunk(`id: 3\n${run.log[2]}`).end();
    },
  });
  const run = stream(server.url, { resumable: true });
  await run.cancel();
  await until(() => run.state === 'failed' && errors.length);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['cancelled'],
  );
});

test('cancel of a run that never began rejects with the reason, which is not reported', async t => {
  const errors = reports(t);
  const run = stream('http://127.0.0.1:1/', { resumable: true, reconnect: { retries: 0 } });
  await assert.rejects(run.cancel(), { code: 'retries' });
  await turn();
  assert.deepEqual(errors, []);
});

test('a cancel that did not arrive rejects, and the run goes on', async t => {
  const server = await serveRuns(t, { follow: (_, { write }) => write(1) });
  let isDown = false;
  const run = stream(server.url, {
    resumable: true,
    fetch: (url, init) => (isDown ? Promise.reject(new TypeError('offline')) : fetch(url, init)),
  });
  await new Promise(resolve => run.progress(resolve));
  isDown = true;
  await assert.rejects(run.cancel(), { code: 'network' });
  assert.equal(run.state, 'open');
  run.abort();
});

test('only a run can be cancelled', async t => {
  const server = await serveRuns(t);
  const plain = stream(`${server.url}/none`).fail(() => {});
  await assert.rejects(plain.cancel(), { name: 'TypeError', message: /resumable: true/ });
});

test('a stored handle resumes the run where it was', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(2)) });
  const before = stream(server.url, { resumable: true });
  for await (const packet of before) if (packet === 'b') break;
  const handle = JSON.parse(JSON.stringify(before.handle));
  const { url } = server;
  assert.deepEqual(handle, { url, run: `${url}/runs/r1`, key: [...server.runs.keys()][0], cursor: 2 });
  const after = stream.resume(handle);
  assert.deepEqual(names(await recorded(after)), ['c', 'done', 'always']);
  assert.deepEqual({ ...after.handle }, { ...handle, cursor: 3 });
  const { method, headers } = server.requests.at(-1);
  assert.deepEqual([method, headers.accept, headers['last-event-id']], ['GET', 'text/event-stream', '2']);
  assert.equal(server.started, 1);
});

test('a page that is left before the head arrives resumes the run by its key', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => index && write() });
  const options = { json: { question: 'why?' } };
  const before = stream(server.url, { ...options, query: { a: 1 }, resumable: true });
  const handle = JSON.parse(JSON.stringify(before.handle)); // right after the call
  await until(() => server.started === 1);
  assert.deepEqual(handle, { url: `${server.url}?a=1`, key: [...server.runs.keys()][0], cursor: 0 });
  before.fail(() => {}).abort();

  const after = stream.resume(handle, options);
  assert.deepEqual(names(await recorded(after)), WHOLE);
  assert.equal(server.started, 1, 'the key made it the same run');
  const [first, second] = server.requests;
  assert.deepEqual([second.method, second.path, second.body], [first.method, first.path, first.body]);
  assert.equal(after.handle.run, `${server.url}/runs/r1`);
  assert.equal('run' in handle, false, 'and the stored one is not changed');

  const later = stream.resume({ ...after.handle, cursor: 2 }, options); // the body is not needed now
  assert.deepEqual(names(await recorded(later)), ['c', 'done', 'always']);
  assert.deepEqual([server.requests[2].method, server.requests[2].body], ['GET', '']);
});

test('a handle that lacks something, or that no request can carry, is refused', () => {
  const fetch = () => assert.fail('it was asked for');
  const whole = { run: 'http://127.0.0.1/runs/r1', key: 'k', cursor: 0 };
  const wrong = [
    { run: undefined },
    { key: undefined },
    { key: '' },
    { key: 'kůň' },
    { cursor: undefined },
    { cursor: '2' },
  ];
  for (const members of wrong) {
    assert.throws(() => stream.resume({ ...whole, ...members }, { fetch }), {
      name: 'TypeError',
      message: /`run` or `url`, `key` and `cursor`/,
    });
  }
  assert.throws(() => stream.resume(null), TypeError);
});

test('a stream that is not a run has no handle', async () => {
  assert.equal(stream('/', { fetch: async () => new Response() }).fail(() => {}).handle, undefined);
});

test('a wrong key gets nothing', async t => {
  const server = await serveRuns(t);
  await stream(server.url, { resumable: true }).result;
  const error = await failure(stream.resume({ run: `${server.url}/runs/r1`, key: 'x'.repeat(32), cursor: 0 }));
  assert.deepEqual([error.code, error.status], ['http', 404]);
});

// Handlers: which are called, how often, and in which order.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { stream } from '../outflow.mjs';
import { failure, recorded, reports, turn, until } from './support/observe.mjs';
import { DONE, event, serve } from './support/server.mjs';

const answering = (t, ...chunks) =>
  serve(t, connection =>
    connection
      .sse()
      .chunk(...chunks)
      .end(),
  );

test('packets in order, then the result, each once', async t => {
  const url = await answering(t, event('one'), event('two') + event('three'), event(3, 'done'));
  assert.deepEqual(await recorded(stream(url)), [
    ['progress', 'one'],
    ['progress', 'two'],
    ['progress', 'three'],
    ['done', 3],
    ['always'],
  ]);
});

test('the result is undefined if the action returned nothing, and null if it returned null', async t => {
  assert.equal(await stream(await answering(t, DONE)).result, undefined);
  assert.equal(await stream(await answering(t, event(null, 'done'))).result, null);
});

test('packets byte by byte', async t => {
  const url = await answering(t, ...(event('žluťoučký 😀') + event({ n: 1 }, 'done')));
  assert.deepEqual(await recorded(stream(url)), [['progress', 'žluťoučký 😀'], ['done', { n: 1 }], ['always']]);
});

test('a failure after packets', async t => {
  const problem = { type: 'about:blank', title: 'Conflict', status: 409, detail: 'the basket is full' };
  const url = await answering(t, event('one'), event(problem, 'error'));
  const [first, second, third, ...more] = await recorded(stream(url));
  assert.deepEqual([first, third, more], [['progress', 'one'], ['always'], []]);
  const [name, error] = second;
  assert.equal(name, 'fail');
  assert.deepEqual(
    { ...error },
    {
      name: 'StreamError',
      code: 'server',
      status: 409,
      detail: 'the basket is full',
      problem,
      url,
      packets: 1,
      bytes: Buffer.byteLength(event('one') + event(problem, 'error')),
      attempt: 1,
      lastId: undefined,
    },
  );
  assert.equal(error.message, 'the basket is full');
  assert.equal(error.retryable, false);
});

test('packets come with their index, event name and id', async t => {
  const url = await answering(t, event('a'), 'id: 7\nevent: tick\ndata: 1\n\ndata: 2\n\n', DONE);
  const infos = [];
  await stream(url).progress((_, info) => infos.push(info)).result;
  assert.deepEqual(infos, [
    { index: 0, event: undefined, id: undefined },
    { index: 1, event: 'tick', id: '7' },
    { index: 2, event: undefined, id: '7' },
  ]);
});

test('a failure has the last id', async t => {
  const url = await answering(t, 'id: 7\ndata: 1\n\n');
  assert.equal((await failure(stream(url))).lastId, '7');
});

test('the request is made after the call, in a microtask', async () => {
  let requests = 0;
  const fetch = async () => {
    requests += 1;
    return new Response(DONE, { headers: { 'content-type': 'text/event-stream' } });
  };
  const started = stream('/', { fetch });
  assert.equal(requests, 0);
  for (let i = 0; i < 10; i++) await undefined;
  assert.equal(requests, 1);
  await started.result;
});

test('the global fetch is looked up when the request is made', async t => {
  const before = globalThis.fetch;
  t.after(() => (globalThis.fetch = before));
  const started = stream('http://127.0.0.1:1/');
  globalThis.fetch = async () => new Response(DONE, { headers: { 'content-type': 'text/event-stream' } });
  assert.equal(await started.result, undefined);
});

test('handlers added late get the outcome but no packets', async t => {
  const done = stream(await answering(t, event('one'), event('bye', 'done')));
  await done.result;
  assert.deepEqual(await recorded(done), [['done', 'bye'], ['always']]);

  const failed = stream(await answering(t, event('one')));
  const error = await failure(failed);
  assert.deepEqual(await recorded(failed), [['fail', error], ['always']]);
});

test('a late handler is not called within the call that adds it', async t => {
  const ended = stream(await answering(t, DONE));
  await ended.result;
  let called = false;
  ended.done(() => (called = true));
  assert.equal(called, false);
  await until(() => called);
});

test('`always` comes after `done`, whichever was added first', async t => {
  const calls = [];
  const ended = stream(await answering(t, DONE))
    .always(() => calls.push('always'))
    .done(() => calls.push('done'));
  await ended.result;
  await until(() => calls.length === 2);
  assert.deepEqual(calls, ['done', 'always']);
});

test('several handlers of one kind', async t => {
  const calls = [];
  const ended = stream(await answering(t, event(1), DONE))
    .progress(packet => calls.push(['a', packet]))
    .progress(packet => calls.push(['b', packet]))
    .done(() => calls.push(['c']))
    .done(() => calls.push(['d']));
  await ended.result;
  await until(() => calls.length === 4);
  assert.deepEqual(calls, [['a', 1], ['b', 1], ['c'], ['d']]);
});

test('the next packet waits for the promise of a handler', async t => {
  const url = await answering(t, event(1) + event(2) + event(3) + DONE);
  const log = [];
  await stream(url)
    .progress(async packet => {
      log.push(`start ${packet}`);
      await turn();
      log.push(`end ${packet}`);
    })
    .done(() => log.push('done')).result;
  assert.deepEqual(log, ['start 1', 'end 1', 'start 2', 'end 2', 'start 3', 'end 3', 'done']);
});

test('exceptions in handlers are reported and stop nothing', async t => {
  const reported = reports(t);
  const thrown = ['progress', 'promise', 'done', 'always', 'state'].map(name => new Error(name));
  const [inProgress, inPromise, inDone, inAlways, inState] = thrown;
  const fail = error => () => {
    throw error;
  };
  const ended = stream(await answering(t, event(1), DONE))
    .onState(fail(inState))
    .progress(fail(inProgress))
    .progress(() => Promise.reject(inPromise))
    .done(fail(inDone))
    .always(fail(inAlways));
  const calls = await recorded(ended);
  assert.deepEqual(calls, [['progress', 1], ['done', undefined], ['always']]);
  assert.deepEqual(reported, [inState, inProgress, inPromise, inState, inDone, inAlways]);
});

test('an unobserved failure is reported', async t => {
  const reported = reports(t);
  stream(await answering(t, event(1)));
  await until(() => reported.length);
  stream(await answering(t, event(1)))
    .progress(() => {})
    .done(() => {})
    .always(() => {});
  await until(() => reported.length === 2);
  assert.deepEqual(
    reported.map(error => error.code),
    ['truncated', 'truncated'],
  );
});

test('an observed failure is not reported', async t => {
  const reported = reports(t);
  const url = await answering(t, event(1));
  await failure(stream(url));
  await assert.rejects(stream(url).result, { code: 'truncated' });
  await assert.rejects(
    async () => {
      for await (const _ of stream(url));
    },
    { code: 'truncated' },
  );
  await assert.rejects(stream('http://127.0.0.1:1/').response, { code: 'network' });
  await turn();
  assert.deepEqual(reported, []);
});

test('without reportError, failures go to the console', async t => {
  const logged = t.mock.method(console, 'error', () => {});
  stream(await answering(t, event(1)));
  await until(() => logged.mock.callCount());
  assert.equal(logged.mock.calls[0].arguments[0].code, 'truncated');
});

test('a failed `result` that nobody handles is an unhandled rejection', async () => {
  const script = `
    import { stream } from ${JSON.stringify(new URL('../outflow.mjs', import.meta.url))};
    process.on('unhandledRejection', error => console.log(error.code));
    stream('/', { fetch: async () => new Response('', { status: 500 }) }).result;
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  assert.equal(stdout, 'http\n');
});

test('states', async t => {
  const changes = [];
  const ended = stream(await answering(t, event(1), DONE)).onState(change => changes.push(change));
  assert.equal(ended.state, 'connecting');
  await ended.result;
  assert.equal(ended.state, 'done');
  assert.deepEqual(changes, [
    { state: 'open', previous: 'connecting' },
    { state: 'done', previous: 'open' },
  ]);
  const failed = stream(await answering(t, event(1)));
  await failure(failed);
  assert.equal(failed.state, 'failed');
});

test('stats', async t => {
  const body = [event(1) + event(2), DONE];
  const ended = stream(await answering(t, ...body));
  assert.deepEqual(ended.stats, { packets: 0, bytes: 0, firstPacketMs: undefined, attempts: 0 });
  await ended.result;
  const { firstPacketMs, ...stats } = ended.stats;
  assert.deepEqual(stats, { packets: 2, bytes: body.join('').length, attempts: 1 });
  assert.ok(firstPacketMs > 0);
});

test('decode converts packets, or refuses them', async t => {
  const url = await answering(t, event(1), event(2), event(3), event(4, 'done'));
  const seen = [];
  const doubled = stream(url, { decode: (raw, { index }) => [index, raw * 2] }).progress(packet => seen.push(packet));
  assert.equal(await doubled.result, 4);
  assert.deepEqual(seen, [
    [0, 2],
    [1, 4],
    [2, 6],
  ]);

  const cause = new RangeError('too much');
  const decode = raw => {
    if (raw === 2) throw cause;
    return raw;
  };
  const calls = await recorded(stream(url, { decode }));
  assert.deepEqual(
    calls.map(([name]) => name),
    ['progress', 'fail', 'always'],
  );
  const { code, raw, index, cause: found } = calls[1][1];
  assert.deepEqual({ code, raw, index, found }, { code: 'parse', raw: 2, index: 1, found: cause });
});

test('handlers that keep the page busy let other tasks run', async t => {
  const url = await answering(t, Array.from({ length: 40 }, (_, i) => event(i)).join('') + DONE);
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  t.after(() => clearInterval(timer));
  await stream(url).progress(() => {
    for (const start = performance.now(); performance.now() - start < 2;);
  }).result;
  assert.ok(turns >= 3, `the timer ran ${turns} times in 80 ms`);
});

test('a stream is not a promise', async t => {
  const started = stream(await answering(t, DONE));
  assert.equal('then' in started, false);
  assert.equal(await started, started);
  await started.result;
});

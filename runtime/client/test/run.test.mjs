// Resumable runs: started once, followed until the end has come, every packet applied once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { failure, recorded, reports, turn, until } from './support/observe.mjs';
import { END, serveRuns } from './support/runs.mjs';
import { DONE, event, serve } from './support/server.mjs';

const names = calls =>
  calls.map(([name, value]) => (name === 'fail' ? value.code : name === 'progress' ? value : name));
const WHOLE = ['a', 'b', 'c', 'done', 'always'];

test('a run is started with a key of 128 random bits, and only by server-sent events', async t => {
  const server = await serveRuns(t);
  assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), WHOLE);
  await stream(server.url, { json: { question: 'why?' }, resumable: true }).result;
  const [one, two] = server.requests;
  assert.deepEqual([one.method, two.body, one.headers.accept], ['POST', '{"question":"why?"}', 'text/event-stream']);
  const [first, second] = [one, two].map(({ headers }) => /^"([0-9a-f]{32})"$/.exec(headers['idempotency-key'])[1]);
  assert.notEqual(first, second);
});

test('after a cut the run is followed from the last packet, with the key', async t => {
  const server = await serveRuns(t, {
    follow: (_, { index, write }) => (index < 3 ? write(index + 1).reset() : write()),
  });
  const run = stream(server.url, { json: {}, resumable: true, headers: { authorization: 'me' } });
  assert.deepEqual(names(await recorded(run)), WHOLE);
  assert.equal(server.started, 1);
  const [post, ...follows] = server.requests;
  const key = post.headers['idempotency-key'].replaceAll('"', '');
  for (const { method, path, headers } of follows) {
    assert.deepEqual([method, path, headers['run-key'], headers.authorization], ['GET', '/chat/runs/r1', key, 'me']);
    assert.deepEqual(['idempotency-key' in headers, 'content-type' in headers], [false, false]);
  }
  assert.deepEqual(
    follows.map(({ headers }) => headers['last-event-id']),
    ['1', '2', '3'],
  );
});

test('a head that never came: the same POST again, with the same key, is the same run', async t => {
  const server = await serveRuns(t, {
    follow: (connection, { index, write }) => (index ? write() : connection.reset()),
  });
  assert.deepEqual(names(await recorded(stream(server.url, { body: 'why?', resumable: true }))), WHOLE);
  assert.equal(server.started, 1);
  assert.deepEqual(
    server.requests.map(({ method, body }) => [method, body]),
    [
      ['POST', 'why?'],
      ['POST', 'why?'],
    ],
  );
});

test('a cut right after the head: it is followed from the start', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(0).reset()) });
  assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), WHOLE);
  assert.equal(server.requests[1].headers['last-event-id'], '0');
});

test('where the Location is hidden, the POST is sent again with the last id', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(2).reset()) });
  server.hidden = true;
  const run = stream(server.url, { resumable: true });
  assert.deepEqual(names(await recorded(run)), WHOLE);
  assert.equal(server.requests[1].method, 'POST');
  assert.equal(server.requests[1].headers['last-event-id'], '2');
  assert.equal(run.handle.run, undefined);
  await assert.rejects(run.cancel(), { name: 'TypeError', message: /Location.*CORS|CORS.*Location/ });
});

test('a Location of another origin is not told the key', async t => {
  const stranger = await serve(t, () => assert.fail('it was asked'));
  let requests = 0;
  const url = await serve(t, connection => {
    connection.head('200 OK', 'content-type: text/event-stream', `location: ${stranger}run`);
    connection.chunk(`id: ${++requests}\n${requests === 1 ? event('a') : event(null, 'done')}`).end();
  });
  await stream(url, { resumable: true, reconnect: { delay: 1 } }).result;
  assert.equal(requests, 2);
});

test('packets that come again are dropped, also in one piece with new ones', async t => {
  const server = await serveRuns(t, {
    follow: (_, { index, write }) => (index ? write(Infinity, 1) : write(2).reset()),
  });
  assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), WHOLE);
});

test('packets that are missing are asked for, before the end too', async t => {
  for (const first of [2, 4]) {
    const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(Infinity, first)) });
    assert.deepEqual(
      names(await recorded(stream(server.url, { resumable: true }))),
      WHOLE,
      `without 1 to ${first - 1}`,
    );
    assert.equal(server.requests.length, 2);
  }
});

test('the end that belongs to a gap may be a failure too', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(Infinity, 3)) });
  server.script = [event('a'), event('b'), event({ status: 503 }, 'error')];
  assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), ['a', 'b', 'server', 'always']);
  assert.equal(server.requests.length, 2, 'and a run that failed with 503 is not followed any further');
});

test('a run that was lost, cancelled or trimmed says so', async t => {
  for (const [code, end] of Object.entries(END)) {
    const server = await serveRuns(t);
    server.script = [event('a'), end];
    assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), ['a', code, 'always']);
    assert.equal(server.requests.length, 1);
  }
});

test('a run whose packets are gone is not followed', async t => {
  const server = await serveRuns(t, {
    follow: (_, { run, write }) => {
      run.gone = true;
      write(1).reset();
    },
  });
  const error = await failure(stream(server.url, { resumable: true }));
  assert.deepEqual([error.code, error.status, error.retryable, error.packets], ['gone', 410, false, 1]);
});

test('a run that failed before its first packet is not tried again, one that could not start is', async t => {
  let requests = 0;
  const url = await serve(t, connection => {
    requests += 1;
    const failed = connection.request.path === '/failed';
    if (requests === 1) {
      connection.head('503 Busy', ...(failed ? ['run-state: failed'] : ['retry-after: 0']), 'content-length: 0');
    } else {
      connection
        .sse()
        .chunk(`id: 1\n${event(null, 'done')}`)
        .end();
    }
  });
  assert.equal((await failure(stream(`${url}failed`, { resumable: true }))).status, 503);
  assert.equal(requests, 1);
  requests = 0;
  await stream(url, { resumable: true, reconnect: { delay: 1 } }).result;
  assert.equal(requests, 2);
});

test('a 410 of the action itself is no run whose packets are gone', async t => {
  const server = await serveRuns(t);
  server.script = [event('a'), event({ status: 410, title: 'Gone', detail: 'the document was deleted' }, 'error')];
  assert.equal((await failure(stream(server.url, { resumable: true }))).code, 'server');
  const url = await serve(t, connection => connection.head('410 Gone', 'run-state: failed', 'content-length: 0'));
  assert.equal((await failure(stream(url, { resumable: true }))).code, 'http');
});

test('an action that is no run is not taken for one: nothing is lost in silence', async t => {
  const end = `id: outflow-end\n${event({ status: 503 }, 'error')}`;
  const answers = {
    packets: [event(1) + event(2) + DONE, 'protocol'],
    'ids of its own': [`id: a\n${event(1)}`, 'protocol'],
    'only an end': [DONE, 'protocol'],
    'an end without id': [event(3, 'done'), 'protocol'],
    'a failure': [end, 'server'],
  };
  for (const [name, [body, code]] of Object.entries(answers)) {
    let requests = 0;
    const url = await serve(t, connection => {
      requests += 1;
      connection.sse().chunk(body).end();
    });
    const error = await failure(stream(url, { resumable: true }));
    assert.deepEqual([error.code, error.packets, requests], [code, 0, 1], name);
    if (code === 'protocol') assert.match(error.message, /not `resumable`/);
  }
});

test('409 is tried again only when the server says when', async t => {
  const answers = [['retry-after: 1'], []];
  const url = await serve(t, connection => {
    connection.head('409 Conflict', ...answers.shift(), 'content-length: 0');
  });
  const states = [];
  const run = stream(url, { resumable: true }).onState(({ state, delay }) => states.push([state, delay]));
  assert.equal((await failure(run)).status, 409);
  assert.deepEqual(states, [
    ['reconnecting', 1000],
    ['failed', undefined],
  ]);
});

test('204 without an end that was seen is no end', async t => {
  const server = await serveRuns(t);
  await stream(server.url, { resumable: true }).result;
  const [[key, { id }]] = server.runs;
  const error = await failure(stream.resume({ run: `${server.url}/runs/${id}`, key, cursor: 4 }));
  assert.deepEqual([error.code, error.response.status], ['protocol', 204]);
});

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

test('a run that is cancelled ends without anybody who listens, and that is reported', async t => {
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

test('a cancel of what never began says why, and that is all', async t => {
  const errors = reports(t);
  const run = stream('http://127.0.0.1:1/', { resumable: true, reconnect: { retries: 0 } });
  await assert.rejects(run.cancel(), { code: 'retries' });
  await turn();
  assert.deepEqual(errors, []);
});

test('a cancel that did not arrive says so, and the run goes on', async t => {
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

test('a fetch that does not say where it was: the run is found by its key', async () => {
  const answers = ['id: 1\ndata: 1\n\n', 'id: 2\nevent: done\ndata:\n\n'];
  const keys = [];
  const headers = { 'content-type': 'text/event-stream', location: 'runs/1' };
  const fetch = async (_, init) => {
    keys.push(init.headers.get('idempotency-key'));
    return new Response(answers.shift(), { headers });
  };
  await stream('/', { fetch, resumable: true, reconnect: { delay: 1 } }).result;
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
});

test('only a run can be cancelled', async t => {
  const server = await serveRuns(t);
  const plain = stream(`${server.url}/none`).fail(() => {});
  await assert.rejects(plain.cancel(), { name: 'TypeError', message: /resumable: true/ });
});

test('a handle that was stored goes on where it was', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(2)) });
  const before = stream(server.url, { resumable: true });
  for await (const packet of before) if (packet === 'b') break;
  const handle = JSON.parse(JSON.stringify(before.handle));
  const { url } = server;
  assert.deepEqual({ ...handle, key: handle.key.length }, { url, run: `${url}/runs/r1`, key: 32, cursor: 2 });
  const after = stream.resume(handle);
  assert.deepEqual(names(await recorded(after)), ['c', 'done', 'always']);
  assert.deepEqual({ ...after.handle }, { ...handle, cursor: 3 });
  const { method, headers } = server.requests.at(-1);
  assert.deepEqual([method, headers.accept, headers['last-event-id']], ['GET', 'text/event-stream', '2']);
  assert.equal(server.started, 1);
});

test('a page that is left before the head is there comes back with the key', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => index && write() });
  const options = { json: { question: 'why?' } };
  const before = stream(server.url, { ...options, query: { a: 1 }, resumable: true });
  const handle = JSON.parse(JSON.stringify(before.handle)); // at once
  assert.deepEqual({ ...handle, key: handle.key.length }, { url: `${server.url}?a=1`, key: 32, cursor: 0 });
  await until(() => server.started === 1);
  before.fail(() => {}).abort();

  const after = stream.resume(handle, options);
  assert.deepEqual(names(await recorded(after)), WHOLE);
  assert.equal(server.started, 1, 'the key made it the same run');
  const [first, second] = server.requests;
  assert.deepEqual([second.method, second.path, second.body], [first.method, first.path, first.body]);
  assert.equal(after.handle.run, `${server.url}/runs/r1`);
  assert.equal('run' in handle, false, 'and the stored one is not changed');

  const later = stream.resume({ ...after.handle, cursor: 2 }, options); // the body is for the other case only
  assert.deepEqual(names(await recorded(later)), ['c', 'done', 'always']);
  assert.deepEqual([server.requests[2].method, server.requests[2].body], ['GET', '']);
});

test('a handle that does not say where to ask is refused', () => {
  const fetch = () => assert.fail('the page itself was asked');
  assert.throws(() => stream.resume({ key: 'k', cursor: 0 }, { fetch }), {
    name: 'TypeError',
    message: /`run` or `url`/,
  });
});

test('a stream that is no run has no handle', async () => {
  assert.equal(stream('/', { fetch: async () => new Response() }).fail(() => {}).handle, undefined);
});

test('a stranger learns nothing', async t => {
  const server = await serveRuns(t);
  await stream(server.url, { resumable: true }).result;
  const error = await failure(stream.resume({ run: `${server.url}/runs/r1`, key: 'x'.repeat(32), cursor: 0 }));
  assert.deepEqual([error.code, error.status], ['http', 404]);
});

test('a stream of FormData, of URLSearchParams, of a Blob: each is sent again', async t => {
  const form = new FormData();
  form.set('a', '1');
  for (const body of [form, new URLSearchParams('a=1'), new Blob(['a=1'])]) {
    const server = await serveRuns(t, {
      follow: (connection, { index, write }) => (index ? write() : connection.reset()),
    });
    await stream(server.url, { body, resumable: true }).result;
    assert.equal(server.requests.length, 2);
    for (const request of server.requests) assert.match(request.body, /a"?=?(1|\r\n\r\n1)/);
  }
});

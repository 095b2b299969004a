// Resumable runs: started once, followed to the end, with every packet applied once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { failure, names, recorded } from './support/observe.mjs';
import { END, serveRuns } from './support/runs.mjs';
import { DONE, event, serve } from './support/server.mjs';

const WHOLE = ['a', 'b', 'c', 'done', 'always'];

test('a run starts with a key of 128 random bits, and accepts only server-sent events', async t => {
  const server = await serveRuns(t);
  assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), WHOLE);
  await stream(server.url, { json: { question: 'why?' }, resumable: true }).result;
  const [one, two] = server.requests;
  assert.deepEqual([one.method, two.body, one.headers.accept], ['POST', '{"question":"why?"}', 'text/event-stream']);
  const [first, second] = [one, two].map(({ headers }) => /^"(\d+(-\d+){3})"$/.exec(headers['idempotency-key'])[1]);
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

test('if the head never arrives, the same POST with the same key gives the same run', async t => {
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

test('after a cut right behind the head the run is followed from the start', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(0).reset()) });
  assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), WHOLE);
  assert.equal(server.requests[1].headers['last-event-id'], '0');
});

test('if the Location is hidden, the POST is sent again with the last id', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(2).reset()) });
  server.hidden = true;
  const run = stream(server.url, { resumable: true });
  assert.deepEqual(names(await recorded(run)), WHOLE);
  assert.equal(server.requests[1].method, 'POST');
  assert.equal(server.requests[1].headers['last-event-id'], '2');
  assert.equal(run.handle.run, undefined);
  await assert.rejects(run.cancel(), { name: 'TypeError', message: /Location.*CORS|CORS.*Location/ });
});

test('the key is never sent to a Location of another origin', async t => {
  const stranger = await serve(t, () => assert.fail('it was asked'));
  let requests = 0;
  const url = await serve(t, connection => {
    connection.head('200 OK', 'content-type: text/event-stream', `location: ${stranger}run`);
    connection.chunk(`id: ${++requests}\n${requests === 1 ? event('a') : event(null, 'done')}`).end();
  });
  await stream(url, { resumable: true, reconnect: { delay: 1 } }).result;
  assert.equal(requests, 2);
});

test('repeated packets are dropped, also in one piece with new ones', async t => {
  const server = await serveRuns(t, {
    follow: (_, { index, write }) => (index ? write(Infinity, 1) : write(2).reset()),
  });
  assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), WHOLE);
});

test('missing packets are requested, also before the end', async t => {
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

test('missing packets are requested before a failure, too', async t => {
  const server = await serveRuns(t, { follow: (_, { index, write }) => (index ? write() : write(Infinity, 3)) });
  server.script = [event('a'), event('b'), event({ status: 503 }, 'error')];
  assert.deepEqual(names(await recorded(stream(server.url, { resumable: true }))), ['a', 'b', 'server', 'always']);
  assert.equal(server.requests.length, 2, 'and a run that failed with 503 is not followed any further');
});

test('a run that was lost, cancelled or trimmed fails with that code', async t => {
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

test('a run that failed before its first packet is not retried, one that could not start is', async t => {
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

test('410 from the action itself does not mean that packets are gone', async t => {
  const server = await serveRuns(t);
  server.script = [event('a'), event({ status: 410, title: 'Gone', detail: 'the document was deleted' }, 'error')];
  assert.equal((await failure(stream(server.url, { resumable: true }))).code, 'server');
  const url = await serve(t, connection => connection.head('410 Gone', 'run-state: failed', 'content-length: 0'));
  assert.equal((await failure(stream(url, { resumable: true }))).code, 'http');
});

test('an action that is not resumable fails with `protocol`, and loses nothing in silence', async t => {
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

test('409 is retried only with Retry-After', async t => {
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

test('204 is not an end, if no end was seen', async t => {
  const server = await serveRuns(t);
  await stream(server.url, { resumable: true }).result;
  const [[key, { id }]] = server.runs;
  const error = await failure(stream.resume({ run: `${server.url}/runs/${id}`, key, cursor: 4 }));
  assert.deepEqual([error.code, error.response.status], ['protocol', 204]);
});

test('with a fetch that hides the URL the run is found by its key', async () => {
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

test('FormData, URLSearchParams and Blobs are sent again', async t => {
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

/** Serves runs whose packets have no numbers. `lasts` are the events of each connection before it is cut. */
async function serveUncounted(t, lasts) {
  const server = await serveRuns(t, {
    follow(connection, { index, run }) {
      connection.sse(`location: /chat/runs/${run.id}`).chunk(...run.log.slice(0, lasts[index]));
      if (index < lasts.length) connection.close();
      else connection.end();
    },
  });
  server.script = [event('a'), event('b'), event('c'), 'data: [DONE]\n\n'];
  return server;
}

const end = { data: '[DONE]' };

test('with `end`, packets without numbers are read from the start again, each delivered once', async t => {
  const server = await serveUncounted(t, [2, 0, 1, 3]);
  const run = stream(server.url, { json: {}, resumable: true, end, reconnect: { delay: 1 } });
  assert.deepEqual(names(await recorded(run)), WHOLE);
  assert.equal(server.started, 1);
  assert.deepEqual(
    server.requests.map(({ method, headers }) => [method, 'last-event-id' in headers]),
    ['POST', 'GET', 'GET', 'GET', 'GET'].map(method => [method, false]),
  );
});

test('with `end`, a run goes on after the cursor of its handle', async t => {
  const server = await serveUncounted(t, []);
  const run = stream(server.url, { resumable: true, end });
  const packets = run[Symbol.asyncIterator]();
  await packets.next();
  await packets.next();
  const { handle } = run;
  assert.equal(handle.cursor, 2);
  await packets.return();
  const rest = stream.resume(handle, { end });
  assert.deepEqual(names(await recorded(rest)), ['c', 'done', 'always']);
  assert.equal(rest.handle.cursor, 3);
});

test('with `end`, an action that is not resumable fails with `protocol` before it could run twice', async t => {
  let requests = 0;
  const url = await serve(t, connection => {
    requests += 1;
    connection.sse().chunk(event('a')).close();
  });
  const error = await failure(stream(url, { resumable: true, end }));
  assert.deepEqual([error.code, error.packets, requests], ['protocol', 0, 1]);
  assert.match(error.message, /not `resumable`/);
});

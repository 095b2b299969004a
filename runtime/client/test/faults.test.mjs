// Faults on the way: each is one failure with its own code, and never `done`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StreamError, stream } from '../outflow.mjs';
import { failure, recorded, until } from './support/observe.mjs';
import { DONE, SSE, event, serve } from './support/server.mjs';

/** The calls of a stream by name, a failure by its code. */
async function calls(stream) {
  return (await recorded(stream)).map(([name, value]) => (name === 'fail' ? value.code : name));
}

const JSON_TYPE = 'content-type: application/json';

test('nothing listens on the port', async () => {
  const error = await failure(stream('http://127.0.0.1:1/'));
  assert.ok(error instanceof StreamError && error instanceof Error);
  assert.equal(error.code, 'network');
  assert.ok(error.cause instanceof TypeError);
  assert.equal(error.url, 'http://127.0.0.1:1/');
  assert.equal(error.retryable, true);
});

test('the connection is reset before the head', async t => {
  const url = await serve(t, connection => connection.reset());
  assert.deepEqual(await calls(stream(url)), ['network', 'always']);
});

test('the connection is reset between packets', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1)));
  const broken = stream(url).progress(() => connection.reset());
  const error = await failure(broken);
  assert.deepEqual([error.code, error.packets], ['network', 1]);
  assert.ok(error.cause instanceof Error);
  assert.deepEqual(await calls(broken), ['network', 'always']);
});

test('the last chunk is missing', async t => {
  const url = await serve(t, connection => connection.sse().chunk(event(1)).close());
  assert.deepEqual(await calls(stream(url)), ['progress', 'network', 'always']);
});

test('the body is shorter than its length', async t => {
  const url = await serve(t, connection => {
    connection.head('200 OK', SSE, 'content-length: 1000').write(event(1));
    connection.close();
  });
  assert.deepEqual(await calls(stream(url)), ['progress', 'network', 'always']);
});

test('the body ends cleanly before the end of the stream', async t => {
  const url = await serve(t, connection => connection.sse().chunk(event(1), 'data: 2').end());
  assert.deepEqual(await calls(stream(url)), ['progress', 'truncated', 'always']);
});

test('the body is empty', async t => {
  const url = await serve(t, connection => connection.head('200 OK', SSE, 'content-length: 0'));
  assert.deepEqual(await calls(stream(url)), ['truncated', 'always']);
});

test('packets before a broken one are delivered, packets after it are not', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(`${event(1)}data: oops\n\n${event(3)}`));
  assert.deepEqual(await calls(stream(url)), ['progress', 'parse', 'always']);
  await connection.closed;
});

test('a packet is too long', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1), `data: "${'x'.repeat(100)}`));
  assert.deepEqual(await calls(stream(url, { maxPacketBytes: 50 })), ['progress', 'too-large', 'always']);
  await connection.closed;
});

test('a status with a problem document', async t => {
  const problem = { type: 'about:blank', title: 'Unprocessable', status: 422, detail: 'no such fruit' };
  const url = await serve(t, connection =>
    connection
      .head('422 Unprocessable Content', 'content-type: application/problem+json')
      .chunk(JSON.stringify(problem))
      .end(),
  );
  const error = await failure(stream(url));
  const { code, message, status, detail, body, response, retryable } = error;
  assert.deepEqual(
    { code, message, status, detail, body, problem: error.problem, retryable },
    {
      code: 'http',
      message: 'no such fruit',
      status: 422,
      detail: 'no such fruit',
      body: problem,
      problem,
      retryable: false,
    },
  );
  assert.equal(response.status, 422);
});

test('a status with text, HTML, no body, or invalid JSON', async t => {
  const answers = {
    text: [
      'content-type: text/plain',
      'out of paper',
      { message: 'out of paper', detail: 'out of paper', body: 'out of paper' },
    ],
    page: [
      'content-type: text/html',
      '<h1>Oops',
      { message: 'The server answered 500 Oops', detail: undefined, body: '<h1>Oops' },
    ],
    nothing: ['x: y', '', { message: 'The server answered 500 Oops', detail: undefined, body: '' }],
    broken: [JSON_TYPE, '{"a"', { message: '{"a"', detail: '{"a"', body: '{"a"' }],
    list: [
      JSON_TYPE,
      '{"detail":[{"msg":"x"}],"title":"Bad"}',
      { message: 'Bad', detail: undefined, body: { detail: [{ msg: 'x' }], title: 'Bad' } },
    ],
    word: [JSON_TYPE, '{"error":"bad"}', { message: 'bad', detail: 'bad', body: { error: 'bad' } }],
  };
  const url = await serve(t, connection => {
    const [type, body] = answers[connection.request.path.slice(1)];
    connection
      .head('500 Oops', type)
      .chunk(...(body ? [body] : []))
      .end();
  });
  for (const [name, [, , expected]] of Object.entries(answers)) {
    const { code, status, message, detail, body, retryable } = await failure(stream(url + name));
    assert.deepEqual(
      { code, status, message, detail, body, retryable },
      { code: 'http', status: 500, ...expected, retryable: true },
      name,
    );
  }
});

test('a status with a huge or endless body', async t => {
  const connections = [];
  const url = await serve(t, connection => {
    connections.push(connection);
    connection.head('500 Oops', 'content-type: text/plain');
    connection.chunk(connection.request.path === '/huge' ? 'x'.repeat(1 << 20) : 'so far');
  });
  assert.equal((await failure(stream(`${url}huge`))).body.length, 64 * 1024);
  assert.equal((await failure(stream(`${url}endless`))).body, 'so far');
  await Promise.all(connections.map(({ closed }) => closed));
});

test('a status with Retry-After', async t => {
  const waits = {
    '/seconds': '7',
    '/date': new Date(Date.now() + 60_000).toUTCString(),
    '/past': 'Thu, 01 Jan 1970 00:00:00 GMT',
    '/word': 'later',
  };
  const url = await serve(t, connection => {
    connection.head('503 Busy', `retry-after: ${waits[connection.request.path]}`, 'content-length: 0');
  });
  const after = async path => (await failure(stream(url + path))).retryAfter;
  assert.equal(await after('seconds'), 7000);
  assert.ok(Math.abs((await after('date')) - 60_000) < 5000);
  assert.equal(await after('past'), undefined);
  assert.equal(await after('word'), undefined);
});

test('which failures are retryable', () => {
  const retryable = (code, status) => new StreamError(code, '', { status }).retryable;
  for (const code of ['network', 'truncated', 'timeout']) assert.equal(retryable(code), true, code);
  for (const code of ['protocol', 'parse', 'too-large', 'lost']) assert.equal(retryable(code, 503), false, code);
  assert.deepEqual([retryable('server', 500), retryable('server', 503)], [false, true], 'the server says so itself');
  for (const status of [408, 425, 429, 500, 502, 503, 504]) assert.equal(retryable('http', status), true, status);
  for (const status of [304, 400, 401, 403, 404, 406, 409, 410, 422])
    assert.equal(retryable('http', status), false, status);
});

test('an HTML page after a redirect to a login', async t => {
  const url = await serve(t, connection => {
    if (connection.request.path === '/') connection.head('302 Found', 'location: /login', 'content-length: 0');
    else
      connection
        .head('200 OK', 'content-type: text/html')
        .chunk(`<h1>Log in</h1>${'x'.repeat(100)}`)
        .end();
  });
  const error = await failure(stream(url));
  assert.equal(error.code, 'protocol');
  assert.equal(error.excerpt, `<h1>Log in</h1>${'x'.repeat(49)}`);
  assert.match(error.message, /text\/html.*\/login/);
  assert.equal(error.response.redirected, true);
});

test('a response without content', async t => {
  const url = await serve(t, connection => connection.head('204 No Content', SSE, 'content-length: 0'));
  assert.deepEqual(await calls(stream(url)), ['protocol', 'always']);
});

test('304 is not a stream, 206 is one like any other', async t => {
  const url = await serve(t, connection => {
    const { path } = connection.request;
    if (path === '/304') return connection.head('304 Not Modified', 'content-length: 0');
    connection.head('206 Partial Content', SSE).chunk(event(1), DONE).end();
  });
  assert.equal((await failure(stream(`${url}304`))).status, 304);
  assert.deepEqual(await calls(stream(`${url}206`)), ['progress', 'done', 'always']);
});

test('no head within the timeout', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming));
  const { code, phase, ms } = await failure(stream(url, { responseTimeout: 20 }));
  assert.deepEqual({ code, phase, ms }, { code: 'timeout', phase: 'response', ms: 20 });
  await connection.closed;
});

test('no byte within the timeout, after all packets have been delivered', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse().chunk(event(1) + event(2)));
  const slow = stream(url, { idleTimeout: 20 }).progress(() => new Promise(resolve => setTimeout(resolve, 40)));
  const { code, phase, ms, packets } = await failure(slow);
  assert.deepEqual({ code, phase, ms, packets }, { code: 'timeout', phase: 'idle', ms: 20, packets: 2 });
  await connection.closed;
});

test('heartbeats keep a silent stream alive', async t => {
  const url = await serve(t, connection => {
    connection.sse();
    let beats = 0;
    const timer = setInterval(() => {
      if (++beats < 15) return connection.chunk(':\n\n');
      clearInterval(timer);
      connection.chunk(DONE).end();
    }, 50);
  });
  assert.equal(await stream(url, { idleTimeout: 600, responseTimeout: 600 }).result, undefined);
});

test('a timeout longer than any timer is no limit', async t => {
  const url = await serve(t, async connection => {
    connection.sse().chunk(event(1));
    await new Promise(resolve => setTimeout(resolve, 50)); // a timer that overflows fires after 1 ms
    connection.chunk(DONE).end();
  });
  for (const ms of [Infinity, 30 * 24 * 3600 * 1000]) {
    await stream(url, { idleTimeout: ms, responseTimeout: ms }).result;
  }
});

test('a late timer does not end the stream', async t => {
  const sleep = ms => {
    for (const start = performance.now(); performance.now() - start < ms;);
  };
  let connection;
  const url = await serve(t, incoming => (connection = incoming).sse());
  const slept = stream(url, { idleTimeout: 50 });
  await slept.response;
  connection.chunk(event(1), DONE).end();
  await until(() => connection);
  sleep(1200); // as if the page was frozen: data that arrived meanwhile has not been delivered
  assert.equal(await slept.result, undefined);
});

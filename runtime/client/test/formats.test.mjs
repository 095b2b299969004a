// The content type decides how a body is read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, createGzip } from 'node:zlib';

import { lazy } from '../outflow/lazy.mjs';
import { stream } from '../outflow.mjs';
import { failure, recorded, until } from './support/observe.mjs';
import { SSE, event, serve, serveInTurn } from './support/server.mjs';

/** The calls of a stream with this head and body, a failure by its code. */
async function calls(t, fields, body, options) {
  const url = await serve(t, connection =>
    connection
      .head('200 OK', ...fields)
      .chunk(body)
      .end(),
  );
  const found = await recorded(stream(url, options));
  return found.slice(0, -1).map(([name, value]) => [name, name === 'fail' ? value.code : value]);
}

const HAZAAR = 'content-type: application/octet-stream;charset=ISO-8859-1';

test('server-sent events, with parameters and in any case', async t => {
  const body = 'data: 1\n\nevent: done\ndata: 2\n\n';
  for (const type of ['text/event-stream', 'text/event-stream;charset=UTF-8', 'Text/Event-Stream ; charset="utf-8"']) {
    assert.deepEqual(
      await calls(t, [`content-type: ${type}`], body),
      [
        ['progress', 1],
        ['done', 2],
      ],
      type,
    );
  }
});

test('the content type is read as browsers do: the last valid one of a list', async t => {
  const body = 'data: 1\n\nevent: done\ndata: 2\n\n';
  const twice = ['content-type: text/event-stream', 'content-type: text/event-stream'];
  for (const fields of [
    twice,
    ['content-type: text/html', 'content-type: text/event-stream;charset=utf-8'],
    ['content-type: text/event-stream, text/event-stream'],
    ['content-type: text/event-stream,'],
    ['content-type: ,,text/event-stream, ,nonsense, */*, a b/c, /x'],
    ['content-type: \ttext/event-stream\t;\tcharset=utf-8'],
    ['content-type: text/event-stream; a="b, text/html"'],
    ['content-type: text/event-stream; a="b\\", text/html'],
    ['content-type: text/event-stream;'],
  ]) {
    const [first] = await calls(t, fields, body);
    assert.deepEqual(first, ['progress', 1], fields.join(' | '));
  }
  for (const type of [
    'text/event-stream, text/html',
    'text/event-stream x',
    'text/event-streams',
    'text / event-stream',
  ]) {
    assert.deepEqual(await calls(t, [`content-type: ${type}`], body), [['fail', 'protocol']], type);
  }
});

test('Hazaar frames, known by their charset', async t => {
  const body = '3\0sone\0a{"total":1}';
  assert.deepEqual(await calls(t, [HAZAAR], body), [
    ['progress', 'one'],
    ['done', { total: 1 }],
  ]);
  assert.deepEqual(await calls(t, ['content-type: application/octet-stream; charset="iso-8859-1"'], body), [
    ['progress', 'one'],
    ['done', { total: 1 }],
  ]);
  assert.deepEqual(await calls(t, ['content-type: application/octet-stream'], body), [['fail', 'protocol']]);
});

test('newline-delimited JSON', async t => {
  for (const type of [
    'application/ndjson',
    'application/x-ndjson',
    'application/nd-json',
    'application/jsonl',
    'application/x-jsonl',
    'application/jsonlines',
    'application/x-jsonlines',
    'application/json-lines',
    'application/x-json-stream',
    'application/stream+json',
    'Application/NDJSON; charset=utf-8',
  ]) {
    const expected = [
      ['progress', 1],
      ['progress', 2],
      ['done', undefined],
    ];
    assert.deepEqual(await calls(t, [`content-type: ${type}`], '1\n2\n'), expected);
  }
});

test('JSON is the result, unless the server says that it is an envelope', async t => {
  const type = 'content-type: application/json; charset=utf-8';
  const body = '{"items":[1,2],"result":3}';
  assert.deepEqual(await calls(t, [type], body), [['done', { items: [1, 2], result: 3 }]]);
  const streamed = [type, 'x-response-type: stream'];
  assert.deepEqual(await calls(t, streamed, body), [
    ['progress', 1],
    ['progress', 2],
    ['done', 3],
  ]);
});

test('the option `format` stands in place of the content type', async t => {
  for (const [format, body, expected] of [
    // Kubernetes sends such lines.
    [
      'ndjson',
      '1\n2\n',
      [
        ['progress', 1],
        ['progress', 2],
        ['done', undefined],
      ],
    ],
    [
      'sse',
      'data: 1\n\nevent: done\ndata: 2\n\n',
      [
        ['progress', 1],
        ['done', 2],
      ],
    ],
    ['json', '{"items":[1]}', [['done', { items: [1] }]]],
    [
      'envelope',
      '{"items":[1],"result":2}',
      [
        ['progress', 1],
        ['done', 2],
      ],
    ],
    [
      'frames',
      '1\0a1\0a2',
      [
        ['progress', 1],
        ['done', 2],
      ],
    ],
  ]) {
    for (const fields of [['content-type: application/json'], ['content-type: text/plain'], ['x: y']]) {
      assert.deepEqual(await calls(t, fields, body, { format }), expected, `${format}, ${fields}`);
    }
  }
  assert.deepEqual(
    await calls(t, ['content-type: text/plain'], 'data: a\n\n', { format: 'sse', end: 'eof', decode: 'text' }),
    [
      ['progress', 'a'],
      ['done', undefined],
    ],
  );
});

test('a page, or server-sent events in place of another format, are no stream whatever the option says', async t => {
  for (const [type, format] of [
    ['text/html; charset=utf-8', 'sse'],
    ['text/html; charset=utf-8', 'ndjson'],
    ['text/event-stream', 'ndjson'],
    ['text/event-stream', 'envelope'],
  ]) {
    const { url, requests } = await serveInTurn(t, connection =>
      connection.head('200 OK', `content-type: ${type}`).chunk('<h1>Log in</h1>').end(),
    );
    const error = await failure(stream(url, { format, reconnect: { delay: 1 } }));
    assert.deepEqual([error.code, error.excerpt, requests.length], ['protocol', '<h1>Log in</h1>', 1], type + format);
  }
});

test('a failure is one in any format', async t => {
  const url = await serve(t, connection =>
    connection.head('409 Conflict', 'content-type: application/problem+json').chunk('{"detail":"sold out"}').end(),
  );
  const [[, error]] = await recorded(stream(url, { format: 'ndjson' }));
  assert.deepEqual([error.code, error.status, error.message], ['http', 409, 'sold out']);
});

test('a format that is named is loaded before the request, when a connection is free for it', async t => {
  const { ndjson } = lazy;
  t.after(() => (lazy.ndjson = ndjson));
  lazy.ndjson = async () => {
    throw new TypeError('blocked');
  };
  let requests = 0;
  const url = await serve(t, connection => {
    requests += 1;
    connection.head('200 OK', 'content-type: application/x-ndjson').chunk('1\n').end();
  });
  assert.equal((await failure(stream(url, { format: 'ndjson' }))).code, 'load');
  assert.equal(requests, 0);
  const error = await failure(stream(url));
  assert.deepEqual([error.code, requests], ['load', 1]);
  assert.match(error.message, /`ndjson` .*Serve the folder .*CSP/);
});

test('a failure is told by its status if the module that explains it cannot be loaded', async t => {
  const { response } = lazy;
  t.after(() => (lazy.response = response));
  lazy.response = async () => {
    throw new TypeError('blocked');
  };
  const url = await serve(t, connection => connection.head('503 Busy', 'content-length: 0'));
  const error = await failure(stream(url));
  assert.deepEqual([error.code, error.status, error.retryable, error.response.status], ['http', 503, true, 503]);
  assert.match(error.message, /answered 503.*`response`.*blocked.*Serve the folder/);
});

test('items of an envelope are delivered one by one', async t => {
  let connection;
  const url = await serve(t, incoming => {
    connection = incoming.head('200 OK', 'content-type: application/json', 'x-response-type: stream');
    connection.chunk('{"items":["one"', ',');
  });
  const packets = stream(url)[Symbol.asyncIterator]();
  assert.equal((await packets.next()).value, 'one');
  connection.chunk('"two"]}').end();
  assert.equal((await packets.next()).value, 'two');
  assert.equal((await packets.next()).done, true);
});

test('no other content type is a stream', async t => {
  for (const type of ['text/plain', 'text/csv', 'application/jsonp', 'text/event-streams', '']) {
    assert.deepEqual(await calls(t, [`content-type: ${type}`], 'data: 1\n\n'), [['fail', 'protocol']], type);
  }
  assert.deepEqual(await calls(t, ['x: y'], 'data: 1\n\n'), [['fail', 'protocol']]);
});

test('server-sent events of other servers', async t => {
  const type = ['content-type: text/event-stream'];
  assert.deepEqual(await calls(t, type, 'data: a\n\ndata: b\n\n', { decode: 'text', end: 'eof' }), [
    ['progress', 'a'],
    ['progress', 'b'],
    ['done', undefined],
  ]);
  assert.deepEqual(await calls(t, type, 'data: 1\n\n', { end: 'eof' }), [
    ['progress', 1],
    ['done', undefined],
  ]);
  assert.deepEqual(await calls(t, type, 'data: a\n\n', { decode: 'text' }), [
    ['progress', 'a'],
    ['fail', 'truncated'],
  ]);
  const json = ['content-type: application/json'];
  assert.deepEqual(await calls(t, json, '1', { decode: 'text' }), [['fail', 'protocol']]);
  assert.deepEqual(await calls(t, json, '1', { end: 'eof' }), [['fail', 'protocol']]);
});

test('the content encoding `none` is ignored', async t => {
  assert.deepEqual(await calls(t, [HAZAAR, 'content-encoding: none'], '1\0a1\0a2'), [
    ['progress', 1],
    ['done', 2],
  ]);
});

test('a compressed body is read as it arrives', async t => {
  let connection;
  const url = await serve(t, incoming => (connection = incoming.head('200 OK', SSE, 'content-encoding: gzip')));
  const packets = stream(url)[Symbol.asyncIterator]();
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  gzip.on('data', bytes => connection.chunk(bytes));
  await until(() => connection);
  gzip.write(event('one'));
  assert.equal((await packets.next()).value, 'one');
  gzip.write(event('two'));
  assert.equal((await packets.next()).value, 'two');
  gzip.on('end', () => connection.end());
  gzip.end(event(null, 'done'));
  assert.deepEqual(await packets.next(), { value: null, done: true });
});

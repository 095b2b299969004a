// The content type decides how a body is read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, createGzip } from 'node:zlib';

import { stream } from '../outflow.mjs';
import { recorded, until } from './support/observe.mjs';
import { SSE, event, serve } from './support/server.mjs';

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
  for (const type of ['application/x-ndjson', 'application/jsonl']) {
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

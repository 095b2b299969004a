// The transport for the AI SDK: it sends a chat, reads its answer over cuts, finds it again, and stops it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { OutflowChatTransport } from '../outflow/ai-sdk.mjs';
import { until } from './support/observe.mjs';
import { serveRuns } from './support/runs.mjs';
import { serve } from './support/server.mjs';

const CHUNKS = [
  { type: 'start' },
  { type: 'text-start', id: 'part-0' },
  { type: 'text-delta', id: 'part-0', delta: 'It ' },
  { type: 'text-delta', id: 'part-0', delta: 'rains.' },
  { type: 'text-end', id: 'part-0' },
  { type: 'finish' },
];
const LOG = [...CHUNKS.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'];

/** A storage in memory. */
function memory() {
  const items = new Map();
  return {
    items,
    getItem: name => items.get(name) ?? null,
    setItem: (name, value) => items.set(name, value),
    removeItem: name => items.delete(name),
  };
}

/**
 * Serves runs in a format without numbers. `lasts` says how many events each connection has before it is cut.
 *
 * @param {import('node:test').TestContext} t
 * @param {number[]} [lasts]
 */
async function serveChat(t, lasts = []) {
  const server = await serveRuns(t, {
    follow(connection, { index, run }) {
      const last = lasts[index] ?? LOG.length;
      connection.sse(`location: /chat/runs/${run.id}`);
      for (const event of run.log.slice(0, last)) connection.chunk(event);
      if (last >= LOG.length) connection.end();
      else if (last % 1 === 0) connection.close();
    },
  });
  server.script = LOG;
  return server;
}

const STALLS = 2.5; // two events, and no cut

const request = {
  chatId: 'chat-1',
  messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'How is Oslo?' }] }],
  trigger: 'submit-message',
  messageId: undefined,
  abortSignal: undefined,
};

const transportOf = (server, options) =>
  new OutflowChatTransport({ api: server.url, storage: memory(), reconnect: { delay: 1 }, ...options });

async function all(stream) {
  const chunks = [];
  const reader = stream.getReader();
  for (let next; !(next = await reader.read()).done;) chunks.push(next.value);
  return chunks;
}

test('the messages are sent as the AI SDK sends them, with the key of a run', async t => {
  const server = await serveChat(t);
  const transport = transportOf(server, {
    body: async () => ({ model: 'stand-in' }),
    headers: () => ({ authorization: 'me' }),
  });
  const chunks = await all(await transport.sendMessages({ ...request, headers: { 'x-own': '1' }, body: { more: 2 } }));
  assert.deepEqual(chunks, CHUNKS);
  const [{ method, path, headers, body }] = server.requests;
  assert.deepEqual([method, path, headers.authorization, headers['x-own']], ['POST', '/chat', 'me', '1']);
  assert.equal(headers.accept, 'text/event-stream;profile=ai-sdk');
  assert.match(headers['idempotency-key'], /^"\d+(-\d+){3}"$/);
  const { messages, trigger } = request;
  assert.deepEqual(JSON.parse(body), { model: 'stand-in', more: 2, id: 'chat-1', messages, trigger });
});

test('a request that the page prepares', async t => {
  const server = await serveChat(t);
  let given;
  const transport = transportOf(server, {
    api: 'http://unused.invalid/',
    headers: { 'x-own': '1' },
    body: { more: 2 },
    prepareSendMessagesRequest: made => {
      given = made;
      return { api: server.url, headers: { 'x-prepared': '3' }, body: { last: made.messages.at(-1) } };
    },
  });
  assert.deepEqual(await all(await transport.sendMessages({ ...request, metadata: 'any' })), CHUNKS);
  const { messages, trigger } = request;
  assert.deepEqual(given, {
    api: 'http://unused.invalid/',
    id: 'chat-1',
    messages,
    trigger,
    messageId: undefined,
    credentials: undefined,
    body: { more: 2 },
    requestMetadata: 'any',
    headers: { 'x-own': '1' },
  });
  const [{ headers, body }] = server.requests;
  assert.deepEqual([headers['x-prepared'], 'x-own' in headers], ['3', false]);
  assert.deepEqual(JSON.parse(body), { last: messages[0] });
});

test('an answer whose connection breaks is read on from its start, each chunk once', async t => {
  const server = await serveChat(t, [1, 4, 0, 3]);
  const tokens = ['a', 'b', 'c', 'd', 'e'];
  const transport = transportOf(server, { headers: () => ({ authorization: tokens.shift() }) });
  assert.deepEqual(await all(await transport.sendMessages(request)), CHUNKS);
  assert.equal(server.started, 1);
  assert.deepEqual(
    server.requests.map(({ method, headers }) => [method, headers.authorization, headers['last-event-id']]),
    [['POST', 'a', undefined], ...['b', 'c', 'd', 'e'].map(token => ['GET', token, undefined])],
  );
});

test('a cut that lasts is an error, and the answer can be resumed after it', async t => {
  const server = await serveChat(t, [3, 0, 0]);
  const transport = transportOf(server, { reconnect: { delay: 1, retries: 2 } });
  const seen = [];
  const read = async () => {
    const stream = await transport.sendMessages(request);
    const reader = stream.getReader();
    for (let next; !(next = await reader.read()).done;) seen.push(next.value);
  };
  await assert.rejects(read, ({ name, message, cause }) => {
    assert.match(message, /network/, '`useChat` looks for it');
    return name === 'TypeError' && cause.code === 'retries';
  });
  assert.deepEqual(seen, CHUNKS.slice(0, 3));
  assert.deepEqual(await all(await transport.reconnectToStream({ chatId: 'chat-1' })), CHUNKS);
});

test('an answer that a page has lost in the middle is read to its end, even if it has ended since', async t => {
  const server = await serveChat(t, [3]);
  const transport = transportOf(server, { reconnect: { delay: 1, retries: 0 } });
  await assert.rejects(async () => all(await transport.sendMessages(request)), /The network failed/);
  [...server.runs.values()][0].state = 'done';
  assert.deepEqual(await all(await transport.reconnectToStream({ chatId: 'chat-1' })), CHUNKS);
  assert.equal(await transport.reconnectToStream({ chatId: 'chat-1' }), null);
});

test('a body that ends without its end is no answer', async t => {
  let requests = 0;
  const url = await serve(t, connection => {
    requests += 1;
    connection.sse('location: /runs/r1').chunk(LOG[0]).end();
  });
  const transport = transportOf({ url }, { reconnect: { delay: 1, retries: 1 } });
  await assert.rejects(async () => all(await transport.sendMessages(request)), /The network failed/);
  assert.equal(requests, 2);
});

test('an action that is not resumable is an error before it could run twice', async t => {
  const url = await serve(t, connection =>
    connection
      .sse()
      .chunk(...LOG)
      .end(),
  );
  await assert.rejects(transportOf({ url }).sendMessages(request), { code: 'protocol', message: /not `resumable`/ });
});

test('a status is an error with the words of the problem', async t => {
  for (const [body, message] of [
    [{ title: 'Too Many Requests', detail: 'come back tomorrow' }, 'come back tomorrow'],
    [{ title: 'Too Many Requests' }, 'Too Many Requests'],
  ]) {
    const url = await serve(t, connection => {
      connection.head('429 Too Many Requests', 'content-type: application/problem+json', 'run-state: failed');
      connection.chunk(JSON.stringify(body)).end();
    });
    await assert.rejects(transportOf({ url }).sendMessages(request), { message, status: 429 });
  }
});

test('another page with the same storage resumes an open answer from its start', async t => {
  const server = await serveChat(t, [STALLS]);
  const storage = memory();
  const first = await transportOf(server, { storage }).sendMessages(request);
  const reader = first.getReader();
  await reader.read();
  const resumed = await transportOf(server, { storage, headers: { authorization: 'me' } }).reconnectToStream({
    chatId: 'chat-1',
    headers: { 'x-own': '1' },
  });
  assert.deepEqual(await all(resumed), CHUNKS);
  const [{ headers: posted }, ...rest] = server.requests;
  const key = posted['idempotency-key'].replaceAll('"', '');
  assert.deepEqual(
    rest.map(({ method, path, headers }) => [
      method,
      path,
      headers['run-key'],
      headers.authorization,
      headers['x-own'],
    ]),
    [
      ['HEAD', '/chat/runs/r1', key, 'me', '1'],
      ['GET', '/chat/runs/r1', key, 'me', '1'],
    ],
  );
  await reader.cancel();
});

test('there is nothing to resume: never asked, read to its end, ended, or lost', async t => {
  const server = await serveChat(t, [LOG.length, STALLS, STALLS]);
  const storage = memory();
  const transport = transportOf(server, { storage });
  const resume = () => transport.reconnectToStream({ chatId: 'chat-1' });
  assert.equal(await resume(), null);
  assert.equal(server.requests.length, 0);

  await all(await transport.sendMessages(request));
  assert.equal(storage.items.size, 0);
  assert.equal(await resume(), null);
  assert.equal(server.requests.length, 1);

  for (const gone of [run => (run.state = 'done'), run => (run.id = 'another')]) {
    const stream = await transport.sendMessages(request);
    assert.equal(storage.items.size, 1);
    gone([...server.runs.values()].at(-1));
    assert.equal(await resume(), null);
    assert.equal(storage.items.size, 0);
    await stream.cancel();
  }
});

test('a server that fails when it is asked for the answer is an error, and the answer stays', async t => {
  let status = '503 Service Unavailable';
  const url = await serve(t, connection => connection.head(status, 'content-length: 0'));
  const storage = memory();
  storage.setItem('outflow-chat:chat-1', JSON.stringify({ run: `${url}run`, key: 'k'.repeat(22) }));
  await assert.rejects(transportOf({ url }, { storage }).reconnectToStream({ chatId: 'chat-1' }), /503/);
  assert.equal(storage.items.size, 1);
});

test('stop stops the run, ends the stream at once, and leaves nothing to resume', async t => {
  const server = await serveChat(t, [STALLS]);
  const storage = memory();
  const stopping = new AbortController();
  const stream = await transportOf(server, { storage }).sendMessages({ ...request, abortSignal: stopping.signal });
  const reading = all(stream);
  stopping.abort();
  await assert.rejects(reading, { name: 'AbortError' });
  await until(() => storage.items.size === 0);
  assert.deepEqual(
    server.requests.map(({ method }) => method),
    ['POST', 'DELETE'],
  );
});

test('stop before the head stops the run as soon as there is one', async t => {
  let answer;
  const requests = [];
  const url = await serve(t, connection => {
    requests.push(connection.request.method);
    if (connection.request.method === 'DELETE') return connection.head('202 Accepted', 'content-length: 0');
    answer = () => connection.sse('location: /runs/r1');
  });
  const stopping = new AbortController();
  const sent = transportOf({ url }).sendMessages({ ...request, abortSignal: stopping.signal });
  await until(() => answer);
  stopping.abort();
  await assert.rejects(sent, { name: 'AbortError' });
  answer();
  await until(() => requests.length === 2);
  assert.deepEqual(requests, ['POST', 'DELETE']);
});

test('stop before the request sends none', async t => {
  const server = await serveChat(t);
  const abortSignal = AbortSignal.abort();
  await assert.rejects(transportOf(server).sendMessages({ ...request, abortSignal }), { name: 'AbortError' });
  assert.equal(server.requests.length, 0);
});

test('a page that resumes again has not stopped the run', async t => {
  const server = await serveChat(t, [STALLS, STALLS]);
  const transport = transportOf(server);
  const first = await transport.sendMessages(request);
  const stopping = new AbortController();
  const second = await transport.reconnectToStream({ chatId: 'chat-1', abortSignal: stopping.signal });
  const reading = all(second);
  stopping.abort(); // as `useChat` does when it resumes
  const third = transport.reconnectToStream({ chatId: 'chat-1' });
  await assert.rejects(reading, { name: 'AbortError' });
  assert.deepEqual(await all(await third), CHUNKS);
  assert.ok(server.requests.every(({ method }) => method !== 'DELETE'));
  await first.cancel();
});

test('a resumed answer is a whole message, unless it goes on with one of the page', async t => {
  const server = await serveChat(t, [STALLS, STALLS, STALLS, STALLS]);
  for (const [role, isReplay] of [
    ['user', true],
    ['assistant', false],
  ]) {
    const storage = memory();
    const messages = [{ id: '1', role, parts: [] }];
    const sent = await transportOf(server, { storage }).sendMessages({ ...request, messages });
    const another = transportOf(server, { storage });
    const resumed = await another.reconnectToStream({ chatId: 'chat-1' });
    assert.equal(another.resumeStreamIsReplay, isReplay, role);
    await Promise.all([sent.cancel(), resumed.cancel()]);
  }
});

test('a stream that is cancelled leaves the run alone', async t => {
  const server = await serveChat(t, [STALLS]);
  const transport = transportOf(server);
  await (await transport.sendMessages(request)).cancel();
  assert.deepEqual(await all(await transport.reconnectToStream({ chatId: 'chat-1' })), CHUNKS);
  assert.ok(server.requests.every(({ method }) => method !== 'DELETE'));
});

test('without a storage an answer is read all the same', async t => {
  const server = await serveChat(t);
  const broken = () => {
    throw new Error('the browser refuses');
  };
  for (const storage of [undefined, { getItem: broken, setItem: broken, removeItem: broken }]) {
    const transport = transportOf(server, { storage });
    assert.deepEqual(await all(await transport.sendMessages(request)), CHUNKS);
    assert.equal(await transport.reconnectToStream({ chatId: 'chat-1' }), null);
  }
});

// Mocks send what the server does: the vectors byte for byte, the heads, and every way to end, as the client reads it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { test } from 'node:test';

import { mockStream } from '../mock/index.mjs';
import { TITLES } from '../mock/problem.mjs';
import { stream } from '../outflow.mjs';
import { failure, names, recorded } from './support/observe.mjs';

const URL_OF_CHAT = 'https://example.test/api/chat';
const KEY = 'k'.repeat(22);

/** A request for the mock alone. */
const request = (headers = {}, url = URL_OF_CHAT) => new Request(url, { headers });

/** A `fetch` that answers with a mock, and the requests that it has got. */
function answering(steps, options) {
  const requests = [];
  const fetch = async (url, init) => {
    const request = new Request(url, init);
    requests.push(request);
    const response = mockStream(typeof steps === 'function' ? steps(requests.length) : steps, { request, ...options });
    return Object.defineProperty(response, 'url', { value: request.url });
  };
  return { fetch, requests };
}

/** The body as text, followed by `CUT` if it breaks off. */
async function text({ body }) {
  const utf8 = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body ?? []) text += utf8.decode(chunk);
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    text += 'CUT';
  }
  return text;
}

const head = ({ status, headers }) => ({ status, ...Object.fromEntries(headers) });

/** The steps of a vector. The reconnection time goes with no packet in particular, so the vector does not say it. */
function stepsOf({ name, expect: { packets, outcome } }) {
  const steps = packets.map(({ data, event, id }) => ({ packet: data, ...(event && { event }), ...(id && { id }) }));
  if (name.includes('a reconnection time')) steps[0].retry = 1500;
  if (outcome.status === 503) return [...steps, { shutdown: true }];
  if (outcome.state === 'failed') return [...steps, { fail: outcome.problem }];
  return 'result' in outcome ? [...steps, { done: outcome.result }] : steps;
}

for (const format of ['sse', 'ndjson']) {
  const { vectors } = JSON.parse(await readFile(new URL(`vectors/${format}.json`, import.meta.url), 'utf8'));
  const ours = vectors.filter(({ server }) => server);

  test(`${format}: the vectors that the server writes, byte for byte`, async () => {
    assert.ok(ours.length >= 4);
    for (const vector of ours) {
      const response = mockStream(stepsOf(vector), { format });
      const bytes = Buffer.from(await response.arrayBuffer()).toString('hex');
      assert.equal(bytes, vector.bytes, vector.name);
    }
  });
}

test('text goes out line by line in sse, and as a JSON string in ndjson', async () => {
  const steps = [{ raw: 'a\r\nb\rc\nd\n', event: 'log' }];
  const sse = 'event: log\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\nevent: done\nid: outflow-end\ndata:\n\n';
  assert.equal(await text(mockStream(steps)), sse);
  assert.equal(await text(mockStream(steps, { format: 'ndjson' })), '"a\\r\\nb\\rc\\nd\\n"\n');
});

test('heartbeats are those of the server', async () => {
  assert.equal(await firstChunk([{ heartbeat: true }]), ':\n');
  assert.equal(await firstChunk([{ heartbeat: true }], { format: 'ndjson' }), '\n');
});

/** The first chunk of a body. */
async function firstChunk(steps, options) {
  const { value } = await mockStream(steps, options).body.getReader().read();
  return new TextDecoder().decode(value);
}

test('the head of a stream is that of the server, as over HTTP/1.1', () => {
  const common = {
    status: 200,
    'cache-control': 'no-cache, no-transform',
    'transfer-encoding': 'chunked',
    vary: 'accept, x-request-type',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-response-type': 'stream',
  };
  assert.deepEqual(head(mockStream([])), { ...common, 'content-type': 'text/event-stream' });
  assert.deepEqual(head(mockStream([], { format: 'ndjson' })), { ...common, 'content-type': 'application/x-ndjson' });
});

test('`Accept` picks the format, and `format` wins', () => {
  const type = (accept, format) => mockStream([], { format, request: request({ accept }) }).headers.get('content-type');
  for (const accept of [
    '',
    '*/*',
    'text/event-stream, application/x-ndjson;q=0.9',
    'text/html',
    '*/*, application/jsonl',
  ]) {
    assert.equal(type(accept), 'text/event-stream', accept);
  }
  for (const accept of ['application/x-ndjson', 'application/jsonl', 'application/ndjson, text/event-stream;q=0.5']) {
    assert.equal(type(accept), 'application/x-ndjson', accept);
  }
  assert.equal(type('application/x-ndjson', 'sse'), 'text/event-stream');
});

test('the request can be given by itself', async () => {
  const response = mockStream([{ packet: 1 }], request({ accept: 'application/x-ndjson' }));
  assert.equal(await text(response), '1\n');
});

test('a failure before the first packet is the response', async () => {
  const fail = { status: 409, detail: 'no', tail: { b: 1, a: [{ d: 2, 10: 0, 9: 0 }] } };
  for (const before of [[], [{ wait: 100 }, { wait: 149 }]]) {
    const response = mockStream([...before, { fail, headers: { 'retry-after': '1' } }]);
    assert.deepEqual(head(response), { status: 409, 'content-type': 'application/problem+json', 'retry-after': '1' });
    const members = '"detail":"no","status":409,"tail":{"a":[{"10":0,"9":0,"d":2}],"b":1}';
    assert.equal(await text(response), `{${members},"title":"Conflict","type":"about:blank"}`);
  }
});

test('a failure after the head is in the stream, or cuts it', async () => {
  const problem = '{"status":500,"title":"Internal Server Error","type":"about:blank"}';
  const event = `event: error\nid: outflow-end\ndata: ${problem}\n\n`;
  const fail = { status: 500 };
  assert.equal(await text(mockStream([{ packet: 1 }, { fail }])), `data: 1\n\n${event}`);
  assert.equal(await text(mockStream([{ heartbeat: true }, { fail }])), `:\n${event}`);
  // The server does not hold the head for longer.
  assert.equal(await text(mockStream([{ wait: 100 }, { wait: 150 }, { fail }])), event);
  assert.equal(await text(mockStream([{ packet: 1 }, { fail }], { format: 'ndjson' })), '1\nCUT');
});

test('titles are those of the platform', () => {
  for (const [status, title] of Object.entries(TITLES)) assert.equal(title, STATUS_CODES[status]);
});

test('a server that stops asks its clients to come back, fails at the end of its grace period, and takes no more', async () => {
  const comeBack = [{ packet: 1 }, { comeBack: 3000 }];
  assert.equal(await text(mockStream(comeBack)), 'data: 1\n\nretry: 3000\n');
  assert.equal(await text(mockStream(comeBack, { format: 'ndjson' })), '1\nCUT');
  const problem = '"detail":"the server is shutting down","status":503,"title":"Service Unavailable"';
  const shutdown = [{ packet: 1 }, { shutdown: true }];
  assert.equal(
    await text(mockStream(shutdown)),
    `data: 1\n\nevent: error\ndata: {${problem},"type":"about:blank"}\n\n`,
  );
  assert.equal(await text(mockStream(shutdown, { format: 'ndjson' })), '1\nCUT');
  for (const steps of [comeBack.slice(1), shutdown.slice(1)]) {
    const refused = mockStream(steps);
    const headers = { 'content-type': 'application/problem+json', 'retry-after': '3', vary: 'accept, x-request-type' };
    assert.deepEqual(head(refused), { status: 503, ...headers });
    assert.equal(await text(refused), `{${problem},"type":"about:blank"}`);
  }
  const again = mockStream([{ comeBack: 3000 }], request({ 'last-event-id': '7' }));
  assert.deepEqual([again.status, await text(again)], [200, 'retry: 3000\n']);
});

test('an `EventSource` that has seen the end is told to stay away', () => {
  const seen = request({ accept: 'text/event-stream', 'last-event-id': 'outflow-end' });
  assert.deepEqual(head(mockStream([], seen)), { status: 204, vary: 'accept, x-request-type' });
  assert.equal(mockStream([], { request: seen, format: 'ndjson' }).status, 200);
});

const RUN = [{ packet: 'a' }, { wait: 1 }, { cut: true }, { packet: 'b', event: 'x' }, { done: 2 }];
const run = { id: 'r1', key: KEY };
const atRun = `${URL_OF_CHAT}/runs/r1`;

test('a run has numbers, a place and a key', async () => {
  const started = mockStream(RUN, { run, request: request() });
  assert.deepEqual(head(started), {
    status: 200,
    'cache-control': 'no-store, no-transform',
    'content-type': 'text/event-stream',
    location: './chat/runs/r1',
    'run-key': KEY,
    'transfer-encoding': 'chunked',
    vary: 'accept, x-request-type',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-response-type': 'stream',
  });
  assert.equal(await text(started), 'retry: 1000\nid: 0\nid: 1\ndata: "a"\n\nCUT');
  const keyed = mockStream(RUN, { run, request: request({ 'idempotency-key': `"${KEY}"` }) });
  assert.equal(keyed.headers.get('run-key'), null, 'the client has one');
  const slash = mockStream(RUN, { run, request: request({}, `${URL_OF_CHAT}/`) });
  assert.equal(slash.headers.get('location'), './runs/r1');
});

test('a run goes on after the number that the client has', async () => {
  const after = (number, options) =>
    mockStream(RUN, { run, request: request({ 'last-event-id': `${number}` }, atRun), ...options });
  const [a, b] = ['id: 1\ndata: "a"\n\n', 'id: 2\nevent: x\ndata: "b"\n\n'];
  const done = 'event: done\nid: 3\ndata: 2\n\n';
  assert.equal(await text(after(0)), `retry: 1000\nid: 0\n${a}CUT`);
  assert.equal(await text(after(1)), `retry: 1000\nid: 1\n${b}${done}`);
  assert.equal(await text(after(2)), `retry: 1000\nid: 2\n${done}`);
  assert.equal(await text(after(1, { format: 'ndjson' })), '"b"\n');
  assert.equal(after(1).headers.get('location'), null, 'the client has it');
  for (const number of [3, 4])
    assert.deepEqual(head(after(number)), { status: 204, 'cache-control': 'no-store, no-transform' });
});

test('a run that fails or is refused at its start says so in its head, and its followers read it', async () => {
  const fail = { status: 409 };
  const early = mockStream([{ fail }], { run, request: request() });
  assert.deepEqual(head(early), {
    status: 409,
    'cache-control': 'no-store, no-transform',
    'content-type': 'application/problem+json',
    location: './chat/runs/r1',
    'run-key': KEY,
    'run-state': 'failed',
  });
  const followed = await text(mockStream([{ fail }], { run, request: request({}, atRun) }));
  assert.ok(followed.startsWith('retry: 1000\nid: 0\nevent: error\nid: 1\ndata: {"status":409'), followed);
  const refused = head(mockStream([{ shutdown: true }], { run, request: request() }));
  assert.deepEqual(
    [refused.status, refused.location, refused['cache-control']],
    [503, undefined, 'no-store, no-transform'],
  );
  const lost = await text(mockStream([{ packet: 1 }, { shutdown: true }], { run, request: request() }));
  assert.match(lost, /event: error\nid: 2\ndata: \{.*"type":"urn:outflow:run\/lost"\}\n\n$/);
});

test('a break as the last step ends every connection', async () => {
  const open = after =>
    text(mockStream([{ packet: 1 }, { cut: true }], { run, request: request({ 'last-event-id': after }, atRun) }));
  assert.equal(await open('1'), 'retry: 1000\nid: 1\nCUT');
});

test('the client reads packets and the result, for GET and POST', async () => {
  for (const options of [{}, { json: { question: 'why?' } }]) {
    const { fetch, requests } = answering([{ packet: 'a' }, { wait: 1 }, { packet: 'b' }, { done: 2 }]);
    const calls = await recorded(stream(URL_OF_CHAT, { fetch, ...options }));
    assert.deepEqual(names(calls), ['a', 'b', 'done', 'always']);
    assert.deepEqual(calls[2], ['done', 2]);
    assert.equal(requests[0].method, options.json ? 'POST' : 'GET');
  }
});

test('the client sees how a stream ends', async () => {
  const code = async (steps, options) => {
    const { code, status } = await failure(
      stream(URL_OF_CHAT, { fetch: answering(steps, options?.mock).fetch, ...options }),
    );
    return status ? `${code} ${status}` : code;
  };
  const packet = { packet: 1 };
  assert.equal(await code([{ fail: { status: 409 } }]), 'http 409');
  assert.equal(await code([packet, { fail: { status: 409 } }]), 'server 409');
  assert.equal(await code([packet, { cut: true }]), 'network');
  assert.equal(await code([packet, { stall: true }], { idleTimeout: 20 }), 'timeout');
  assert.equal(await code([packet, { shutdown: true }]), 'server 503');
  assert.equal(await code([packet, { comeBack: 100 }]), 'truncated');
});

test('a client that reconnects goes on after its last id', async () => {
  const steps = [{ packet: 1, id: 'a' }, { comeBack: 100 }, { packet: 2, id: 'b' }, { cut: true }, { packet: 3 }];
  const { fetch, requests } = answering(steps);
  const calls = await recorded(stream(URL_OF_CHAT, { fetch, reconnect: { delay: 1 } }));
  assert.deepEqual(names(calls), [1, 2, 3, 'done', 'always']);
  assert.deepEqual(
    requests.map(({ headers }) => headers.get('last-event-id')),
    [null, 'a', 'b'],
  );
});

test('a run that is cut is delivered once, by its own URL', async () => {
  const { fetch, requests } = answering(RUN, { run });
  const calls = await recorded(stream(URL_OF_CHAT, { fetch, resumable: true, json: {} }));
  assert.deepEqual(names(calls), ['a', 'b', 'done', 'always']);
  assert.deepEqual(
    requests.map(({ url }) => url),
    [URL_OF_CHAT, atRun],
  );
});

test('waits run on fake timers, and begin when the client has what comes before', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const found = [];
  const running = stream(URL_OF_CHAT, { fetch: answering([{ packet: 1 }, { wait: 20_000 }, { wait: 40_000 }]).fetch });
  const first = new Promise(resolve => running.progress(packet => resolve(found.push(packet))));
  running.done(() => found.push('done'));
  await first;
  t.mock.timers.tick(59_999);
  await turn();
  assert.deepEqual(found, [1]);
  t.mock.timers.tick(1);
  await running.result;
  assert.deepEqual(found, [1, 'done']);
});

test('a client that leaves ends the wait', async () => {
  const before = timers();
  const running = stream(URL_OF_CHAT, { fetch: answering([{ packet: 1 }, { wait: 3_600_000 }]).fetch });
  await new Promise(resolve => running.progress(resolve));
  assert.equal(timers(), before + 1);
  running.abort();
  await turn();
  assert.equal(timers(), before);
});

const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
/** Lets everything happen that needs no timer. */
const turn = () => new Promise(resolve => setImmediate(resolve));

test('nothing is lost before a cut, also if the response was cloned', async () => {
  const response = mockStream([{ packet: 1 }, { packet: 2 }, { cut: true }]);
  const copy = response.clone();
  await turn();
  assert.equal(await text(copy), 'data: 1\n\ndata: 2\n\nCUT');
  await assert.rejects(response.text());
});

test('a mistake is a TypeError that names the step and shows what is right', () => {
  const right = { packet: 1 };
  for (const [wrong, what] of [
    [null, 'kind'],
    ['x', 'kind'],
    [{}, 'kind'],
    [{ pakcet: 1 }, 'kind'],
    [{ packet: 1, done: 2 }, 'kind'],
    [{ packet: 1, evnt: 'x' }, 'evnt'],
    [{ packet: undefined }, 'packet'],
    [{ packet: () => {} }, 'packet'],
    [{ raw: 1 }, 'raw'],
    [{ packet: 1, event: 'done' }, 'event'],
    [{ packet: 1, event: 'error' }, 'event'],
    [{ packet: 1, id: 'outflow-end' }, 'id'],
    [{ packet: 1, retry: -1 }, 'retry'],
    [{ wait: '50' }, 'wait'],
    [{ wait: NaN }, 'wait'],
    [{ comeBack: true }, 'comeBack'],
    [{ cut: 1 }, 'cut'],
    [{ fail: 409 }, 'fail'],
    [{ fail: {} }, 'fail'],
    [{ fail: null }, 'fail'],
    [{ fail: { status: 200 } }, 'fail'],
    [{ fail: { status: 4090 } }, 'fail'],
  ]) {
    assert.throws(
      () => mockStream([right, wrong]),
      ({ name, message }) =>
        name === 'TypeError' &&
        message.startsWith(`mockStream: wrong ${what} in steps[1]; right: {"packet":1,`) &&
        message.includes('"fail":{"status":409}'),
      JSON.stringify(wrong),
    );
  }
  assert.throws(() => mockStream([{ done: 1 }, right]), /wrong order in steps\[1\]/);
  const numbered = { run, request: request() };
  assert.throws(() => mockStream([{ packet: 1, id: 'a' }], numbered), /wrong id in steps\[0\]/);
  assert.throws(() => mockStream({ packet: 1 }), TypeError);
  assert.throws(() => mockStream([], { run }), TypeError);
  assert.throws(() => mockStream([{ packet: 1n }]), TypeError);
});

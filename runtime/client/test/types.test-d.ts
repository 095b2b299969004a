// The declarations match the modules, and what callers write compiles: `npm run check`.

import type * as core from '../index.js';
import type * as decoders from '../decoders.js';
import type * as jquery from '../jquery.js';
import type * as mock from '../mock.js';
import type * as full from '../full.js';
import * as coreModule from '../outflow.mjs';
import * as fullModule from '../outflow/full.mjs';
import * as decodersModule from '../outflow/decoders/index.mjs';
import * as jqueryModule from '../outflow/jquery.mjs';
import * as mockModule from '../mock/index.mjs';

coreModule satisfies typeof core;
fullModule satisfies typeof full;
decodersModule satisfies typeof decoders;
jqueryModule satisfies typeof jquery;
mockModule satisfies typeof mock;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

interface Token {
  text: string;
}
interface Usage {
  tokens: number;
}
interface OutOfStock {
  type: string;
  left: number;
}

async function calls() {
  const { stream, StreamError } = outflow;

  const plain = stream('/log');
  plain.progress(packet => same<typeof packet, unknown>(true));

  const chat = stream<Token, Usage>('/chat', { json: { question: 'why?' }, signal: new AbortController().signal });
  chat
    .progress((packet, info) => {
      same<typeof packet, Token>(true);
      same<typeof info.event, string | undefined>(true);
    })
    .gap(gap => same<typeof gap, core.Gap>(true))
    .done(result => same<typeof result, Usage>(true))
    .fail(error => {
      if (error instanceof StreamError) same<typeof error.code, core.StreamErrorCode>(true);
      else same<typeof error, DOMException>(true);
    })
    .always(() => {});
  same<typeof chat.result, Promise<Usage>>(true);
  for await (const packet of chat) same<typeof packet, Token>(true);

  // What was not said may be missing.
  stream<Token>('/log').done(result => same<typeof result, Token | undefined>(true));
  stream<Token, Usage | undefined>('/log').done(result => same<typeof result, Usage | undefined>(true));

  stream<Token, Usage, OutOfStock>('/order')
    .fail(error => {
      if (error instanceof StreamError) same<typeof error.problem, OutOfStock | undefined>(true);
    })
    .onState(({ error }) => same<typeof error, core.StreamError<OutOfStock> | undefined>(true));
  chat.fail(error => {
    if (error instanceof StreamError) same<typeof error.problem, core.Problem | undefined>(true);
  });

  using scoped = stream('/log');
  same<typeof scoped.state, core.StreamState>(true);

  const decoded = stream('/count', { decode: raw => Number(raw) });
  decoded.progress(packet => same<typeof packet, number>(true));

  stream('/log', { reconnect: true });
  stream('/log', { reconnect: { retries: 3, pauseWhenHidden: true } });
  // @ts-expect-error: the name is `retries`
  stream('/log', { reconnect: { attempts: 3 } });
  stream('/files', { body: new FormData(), onUploadProgress: ({ loaded, total = 0 }) => loaded / total });

  const run = stream<Token, Usage>('/chat', { json: {}, resumable: true });
  await run.cancel();
  const { handle } = run;
  if (handle) {
    const again = stream.resume<Token, Usage>(handle, { credentials: 'include' });
    same<typeof again, typeof run>(true);
    stream.resume(handle, { json: {} }); // needed if the request has to be sent again
    // @ts-expect-error: a run has its own URL
    stream.resume(handle, { query: {} });
  }
  stream('/log', { end: 'eof' });
  stream('/log', { end: { data: '[DONE]' } });
  stream('/log', { end: { event: 'close' } });
  // @ts-expect-error: the only text is `eof`
  stream('/log', { end: 'done' });
  // @ts-expect-error: an event is known by its data or its name
  stream('/log', { end: { id: '1' } });

  stream('/log', { latest: true, shared: true });
  stream('/log', { shared: 'alice' });
  // @ts-expect-error: it is a name
  stream('/log', { shared: { user: 7 } });
  stream('/log', { format: 'ndjson' });
  // @ts-expect-error: another format
  stream('/log', { format: 'csv' });

  stream('/log', { query: attempt => ({ attempt }), json: async (attempt: number) => ({ attempt }) });
  // @ts-expect-error: text is no query
  stream('/log', { query: () => 'a=1' });

  stream('/log', { keepalive: true, redirect: 'error', priority: 'high', referrer: '', mode: 'cors' });
  // @ts-expect-error: no byte could be read before the last one
  stream('/log', { integrity: 'sha256-x' });
  // @ts-expect-error: another mode
  stream('/log', { redirect: 'never' });

  stream('/log', { reconnect: { when: (error, attempt) => error.status === 401 && attempt < 3 } });
  stream('/log', { reconnect: { when: async error => error.retryable } });
  // @ts-expect-error: it says yes or no
  stream('/log', { reconnect: { when: () => 'yes' } });
  same<ReturnType<typeof chat.reconnectNow>, void>(true);
  JSON.stringify(new StreamError('network', 'no').toJSON());
}

function jQueryCalls($: JQueryStatic) {
  $.stream<Token, Usage>('/chat', { type: 'POST', data: 'why?', idleTimeout: 1000 })
    .progress(packet => same<typeof packet, Token>(true))
    .gap(({ missed }) => same<typeof missed, number | null>(true))
    .done((result, textStatus, jqXHR) => {
      same<typeof result, Usage>(true);
      same<typeof textStatus, string>(true);
      same<typeof jqXHR.status, number>(true);
    })
    .fail((jqXHR, textStatus) => {
      same<typeof textStatus, jquery.FailStatus>(true);
      same<typeof jqXHR.streamError, core.StreamError | undefined>(true);
    })
    .abort();
  $.stream({ url: '/log' });
}

function mockCalls({ mockStream }: typeof mock, request: Request) {
  same<ReturnType<typeof mockStream>, Response>(true);
  mockStream<Token, Usage>([{ packet: { text: 'a' }, event: 'token' }, { wait: 50 }, { done: { tokens: 1 } }], request);
  mockStream([{ raw: 'a' }, { heartbeat: true }, { cut: true }], { format: 'ndjson' });
  mockStream([{ fail: { status: 409, tail: 3 }, headers: { 'retry-after': '1' } }], { request, run: { id: 'r1' } });
  mockStream([{ gap: { missed: null, first: 3, topic: 'scores' }, id: 'e-2' }]);
  mockStream([{ comeBack: 100 }]);
  // @ts-expect-error: a packet of another type
  mockStream<Token>([{ packet: 1 }]);
  // @ts-expect-error: a step of no kind
  mockStream([{ pakcet: 1 }]);
  // @ts-expect-error: a failure has a status
  mockStream([{ fail: { detail: 'no' } }]);
  // @ts-expect-error: another format
  mockStream([], { format: 'json' });
}

export { calls, jQueryCalls, mockCalls };

// Calls of the actions that `actions.d.ts` declares.

import { stream, StreamError, type RouteEvents, type RoutePacket, type RouteStream, type StreamOptions } from 'outflow';
import type { Problem, Token, Usage } from './actions.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

export async function known() {
  const answer = stream('/chat/answer', { json: { question: 'why?' } });
  answer
    .progress(packet => same<typeof packet, Token>(true))
    .done(result => same<typeof result, Usage>(true))
    .fail(error => {
      if (error instanceof StreamError) same<typeof error.problem, Problem | undefined>(true);
    });
  for await (const packet of answer) same<typeof packet, Token>(true);
  same<typeof answer, RouteStream<'/chat/answer'>>(true);

  // Functions in the options know their parameters.
  stream('/chat/answer', {
    method: 'POST',
    json: async attempt => ({ question: String(attempt) }),
    headers: attempt => ({ attempt: String(attempt + 1) }),
    reconnect: { unsafe: true, when: (error, attempt) => error.retryable && attempt < 3 },
  });
  stream('/items/{id}', { params: { id: 7 }, decode: (raw, info) => raw.text.length + info.index }).progress(packet =>
    same<typeof packet, number>(true),
  );

  // @ts-expect-error: the body is missing
  stream('/chat/answer');
  // @ts-expect-error: the body is missing
  stream('/chat/answer', {});
  // @ts-expect-error: a question is a text
  stream('/chat/answer', { json: { question: 7 } });
  // @ts-expect-error: there is no such member
  stream('/chat/answer', { json: { question: 'why?', more: 1 } });
  // @ts-expect-error: there is no such option
  stream('/chat/answer', { json: { question: 'why?' }, jsn: 1 });
  // @ts-expect-error: there is no such parameter
  stream('/chat/answer', { json: { question: 'why?' }, params: { id: 7 } });
  // @ts-expect-error: another method
  stream('/chat/answer', { method: 'PUT', json: { question: 'why?' } });
}

export function parameters() {
  stream('/items/{id}', { params: { id: 7 } })
    .progress(packet => same<typeof packet, Token>(true))
    .done(result => same<typeof result, undefined>(true));
  stream('/items/{id}', { params: { id: 7 }, query: { after: 3, word: ['a', 'b'] } });
  stream('/items/{id}', { params: { id: 7 }, query: attempt => ({ after: attempt }), reconnect: true });
  stream('/search', { query: { words: 'a b' } }).progress(packet => same<typeof packet, unknown>(true));

  // @ts-expect-error: the parameter is missing
  stream('/items/{id}');
  // @ts-expect-error: the parameter has another type
  stream('/items/{id}', { params: { id: '7' } });
  // @ts-expect-error: there is no such parameter
  stream('/items/{id}', { params: { id: 7 }, query: { before: 3 } });
  // @ts-expect-error: it is required
  stream('/search', { query: {} });

  // A path with several methods: `GET`, unless the options name another.
  stream('/items/{id}', { method: 'DELETE', params: { id: 7 } })
    .progress(packet => same<typeof packet, string>(true))
    .done(result => same<typeof result, number>(true));
}

export function bodies() {
  stream('/work', { method: 'POST' }).progress(packet => same<typeof packet, number>(true));
  stream('/work', { resumable: true }).progress(packet => same<typeof packet, number>(true));
  // @ts-expect-error: the client would send a `GET`
  stream('/work');
  // @ts-expect-error: the client would send a `GET`
  stream('/maybe', {});
  stream('/maybe', { method: 'POST' });
  stream('/maybe', { method: 'POST', json: 7 });

  stream('/upload', { body: new FormData(), onUploadProgress: ({ loaded }) => loaded });
  stream('/form', { body: new URLSearchParams('a=1') });
  stream('/text', { body: 'a' });
  stream('/bytes', { method: 'PUT', body: new Blob(['a']) });
  // @ts-expect-error: not a form
  stream('/upload', { body: 'a' });
  // @ts-expect-error: not JSON
  stream('/text', { json: 'a' });
}

export function events() {
  same<RoutePacket<'/updates'>, Token | Usage>(true);
  stream('/updates').progress((packet, info) => {
    same<typeof packet, Token | Usage>(true);
    same<typeof info.event, 'token' | 'usage' | undefined>(true);
    if (info.event === 'usage') return (packet as RouteEvents<'/updates'>['usage']).tokens;
    // @ts-expect-error: no event has this name
    return info.event === 'other';
  });
  stream('/log').progress((packet, info) => same<typeof info.event, string | undefined>(true));
}

// Any other URL is as before.
export function unknown(url: string, options: StreamOptions<Token>) {
  stream('/log').progress(packet => same<typeof packet, unknown>(true));
  stream('/plain', { params: { id: 7 } }).done(result => same<typeof result, unknown>(true));
  stream(url, options).progress(packet => same<typeof packet, Token>(true));
  stream(new URL(url), { decode: raw => Number(raw) }).progress(packet => same<typeof packet, number>(true));
  // Type parameters win.
  stream<Token>('/chat/answer').done(result => same<typeof result, Token | undefined>(true));
  stream<Token, Usage>('/log', { json: {} }).done(result => same<typeof result, Usage>(true));
  // @ts-expect-error: there is no such option
  stream('/log', { jsn: 1 });
}

export function generic<T>(url: string, options: StreamOptions<T>) {
  return stream<T>(url, options).progress((packet: T) => packet);
}

// In Node without the DOM, the options of a request have the types that Node gives them.

import { stream, StreamError } from '../../../index.js';
import { mockStream } from '../../../mock.js';

stream('/log', { headers: { accept: 'text/event-stream' }, body: new FormData(), credentials: 'include' });
stream('/log', { headers: async () => [['authorization', 'Bearer x']], body: new ReadableStream() });
stream(new URL('http://127.0.0.1/'), { fetch, signal: AbortSignal.timeout(1000) }).fail(error => {
  if (error instanceof StreamError) error.response?.headers.get('retry-after');
});

declare const dispatcher: NonNullable<RequestInit['dispatcher']>;
stream('/log', { dispatcher, keepalive: true, redirect: 'error' });
// @ts-expect-error: a text is no dispatcher
stream('/log', { dispatcher: 'proxy' });

// @ts-expect-error: a number is no list of headers
stream('/log', { headers: 5 });
// @ts-expect-error: a function returns headers
stream('/log', { headers: () => 5 });
// @ts-expect-error: a number is no body
stream('/log', { body: 7 });
// @ts-expect-error: there is no such mode
stream('/log', { credentials: 'nonsense' });

mockStream([{ packet: 1 }], new Request('http://127.0.0.1/')).headers.get('location');

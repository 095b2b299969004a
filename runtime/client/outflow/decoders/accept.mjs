// What the client asks for.

/** Server-sent events first: proxies flush them, and they carry ids, heartbeats, result and failure. */
export const ACCEPT = 'text/event-stream, application/x-ndjson;q=0.9, application/json;q=0.8';

/** For options that only server-sent events can fulfil. */
export const SSE_ONLY = 'text/event-stream';

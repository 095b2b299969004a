// Modules that only some streams need. Each is loaded when the first stream needs it.
//
// They import nothing else of the client: what they use is passed to them. The script for pages, which bundles the
// rest, loads the same files, and there must be only one `StreamError`.

/** Each lazy module, by the function that loads it. */
export const lazy = {
  /** Warns a page that has many streams open. */
  warning: () => import('./warning.mjs'),
  /** Timeouts, reconnecting and runs. */
  session: () => import('./session.mjs'),
  /** Reading on while the consumer is busy. */
  ahead: () => import('./ahead.mjs'),
  /** One connection for all tabs. */
  shared: () => import('./shared.mjs'),
  /** Uploads that report their progress. */
  upload: () => import('./upload.mjs'),
  /** Responses other than usual server-sent events. */
  response: () => import('./response.mjs'),
  /** The formats other than server-sent events, each a decoder. */
  envelope: () => import('./decoders/envelope.mjs'),
  frames: () => import('./decoders/frames.mjs'),
  json: () => import('./decoders/json.mjs'),
  ndjson: () => import('./decoders/ndjson.mjs'),
};

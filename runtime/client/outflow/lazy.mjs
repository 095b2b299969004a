// Modules that only some streams need. Each is loaded when the first stream needs it.
//
// They import nothing else of the client: what they use is passed to them. The script for pages, which bundles the
// rest, loads the same files, and there must be only one `StreamError`.

/** Each lazy module, by the function that loads it. */
export const lazy = {
  /** Warns a page that has many streams open. */
  warning: () => import('./connection-warning.mjs'),
  /** Timeouts, reconnecting and runs. */
  session: () => import('./session.mjs'),
  /** Uploads that report their progress. */
  upload: () => import('./upload.mjs'),
};

// What only some streams need. It is loaded when the first of them begins, so that all the others never load it.
//
// These parts import nothing of the client, but are handed what they use: the script for pages, which is no module,
// loads the same files, and there must be only one `StreamError`.

/** Each part, by what loads it. */
export const parts = {
  /** A warning for pages with many streams. */
  crowd: () => import('./crowd.mjs'),
  /** Timeouts, connections that are made again, and runs. */
  lasting: () => import('./lasting.mjs'),
  /** Uploads that tell how far they are. */
  upload: () => import('./upload.mjs'),
};

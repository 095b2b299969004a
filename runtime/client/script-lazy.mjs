// `outflow/lazy.mjs` as the script for pages has it. A script has no `import.meta`, so it keeps its own address.

const { document } = globalThis;
/** Empty in a worker, where relative imports resolve against the script by themselves. */
const base = /** @type {HTMLScriptElement | undefined} */ (document?.currentScript)?.src;

const load = (/** @type {string} */ path) => import(base ? new URL(path, base).href : path);

/** @type {typeof import('./outflow/lazy.mjs').lazy} */
export const lazy = {
  warning: () => load('./outflow/connection-warning.mjs'),
  session: () => load('./outflow/session.mjs'),
  upload: () => load('./outflow/upload.mjs'),
};

// `outflow/lazy.mjs` as the script for pages has it. A script has no `import.meta`, so it keeps its own address.

const { document } = globalThis;
/** Empty in a worker, where relative imports resolve against the script, and where a loader ran the script as text. */
const ownAddress = /** @type {HTMLScriptElement | undefined} */ (document?.currentScript)?.src;

/** @param {string} path */
async function load(path) {
  const base = globalThis.outflow?.base ?? ownAddress;
  return import(base ? new URL(path, new URL(base, document?.baseURI ?? location.href)).href : path);
}

/** @type {typeof import('./outflow/lazy.mjs').lazy} */
export const lazy = {
  warning: () => load('./outflow/connection-warning.mjs'),
  session: () => load('./outflow/session.mjs'),
  upload: () => load('./outflow/upload.mjs'),
};

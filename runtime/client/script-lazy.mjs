// `outflow/lazy.mjs` as the script for pages has it. A script has no `import.meta`, so it keeps its own address.

const { document } = globalThis;
/** Empty in a worker, where relative imports resolve against the script, and where a loader ran the script as text. */
const ownAddress = /** @type {HTMLScriptElement | undefined} */ (document?.currentScript)?.src;

/**
 * @param {string} name
 * @param {string} [folder]
 */
async function load(name, folder = '') {
  const { base = ownAddress, parts } = /** @type {any} */ (globalThis.outflow);
  if (parts) return parts[name]; // `outflow.full.js` has them
  const path = `./outflow/${folder}${name}.mjs`;
  return import(base ? new URL(path, new URL(base, document?.baseURI ?? location.href)).href : path);
}

/** @type {any} */
export const lazy = {};
for (const name of ['warning', 'session', 'ahead', 'shared', 'upload', 'response']) lazy[name] = () => load(name);
for (const name of ['envelope', 'frames', 'json', 'ndjson']) lazy[name] = () => load(name, 'decoders/');

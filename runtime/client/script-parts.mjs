// `outflow/parts.mjs` as the script for pages has it: that is no module, so it has to say where the parts are.

const { document } = globalThis;
/** Empty where there is no element: a worker's script is found by the platform's own rule. */
const from = /** @type {HTMLScriptElement | undefined} */ (document?.currentScript)?.src;

const load = (/** @type {string} */ part) => import(from ? new URL(part, from).href : part);

/** @type {typeof import('./outflow/parts.mjs').parts} */
export const parts = {
  crowd: () => load('./outflow/crowd.mjs'),
  lasting: () => load('./outflow/lasting.mjs'),
  upload: () => load('./outflow/upload.mjs'),
};

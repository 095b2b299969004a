// The second part of `outflow.full.js`: the lazy modules, where `script-lazy.mjs` looks for them.

import * as parts from './outflow/parts.mjs';

Object.assign(globalThis.outflow, { parts });

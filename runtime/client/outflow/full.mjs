// The client with its lazy modules included: for service workers, which cannot use `import()`, or to load it all at
// once.

import { lazy } from './lazy.mjs';
import * as parts from './parts.mjs';

for (const [name, part] of Object.entries(parts)) Object.assign(lazy, { [name]: async () => part });

export * from '../outflow.mjs';
export { decoders } from './decoders/index.mjs';

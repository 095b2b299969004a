import type * as core from './index.js';
import type { install } from './jquery.js';

/** What the script `outflow.js` gives to a page without modules. */
export type Outflow = typeof core & { install: typeof install };

declare global {
  /** The client. `$.stream` is there too where jQuery was loaded before; else `outflow.install(jQuery)` adds it. */
  var outflow: Outflow;
}

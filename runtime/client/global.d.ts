import type * as core from './index.js';
import type { install } from './jquery.js';

/** The global of the scripts `outflow.js` and `outflow.full.js`. */
export type Outflow = typeof core & {
  install: typeof install;
  /**
   * The address beside which the script finds the folder `outflow/` with its lazy modules. Relative to the page, and the
   * script's own address unless set.
   */
  base?: string | undefined;
};

declare global {
  /** The client. If jQuery was loaded first, `$.stream` exists too; otherwise `outflow.install(jQuery)` adds it. */
  var outflow: Outflow;
}

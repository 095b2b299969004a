// The client with its lazy modules included: for service workers, which cannot use `import()`, or to load it all at
// once.

import * as warning from './connection-warning.mjs';
import { lazy } from './lazy.mjs';
import * as session from './session.mjs';
import * as upload from './upload.mjs';

Object.assign(lazy, {
  warning: async () => warning,
  session: async () => session,
  upload: async () => upload,
});

export * from '../outflow.mjs';

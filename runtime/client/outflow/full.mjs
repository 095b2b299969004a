// The client with all its parts at once: for service workers, which may not `import()`, and for those who want that.

import * as crowd from './crowd.mjs';
import * as lasting from './lasting.mjs';
import { parts } from './parts.mjs';
import * as upload from './upload.mjs';

Object.assign(parts, { crowd: async () => crowd, lasting: async () => lasting, upload: async () => upload });

export * from '../outflow.mjs';

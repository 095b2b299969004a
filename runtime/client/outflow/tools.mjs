// The functions of the client that lazy modules use.

import { checkLength, lineSplitter, parse, textDecoder, truncated } from './decoders/shared.mjs';
import { sse } from './decoders/sse.mjs';
import { StreamError, parseOrKeep, serverError } from './error.mjs';
import { callAll } from './handlers.mjs';
import { load } from './load.mjs';
import { nextTask } from './promises.mjs';

/** @typedef {typeof tools} Tools */

/** Given to each lazy module, because there must be only one `StreamError`. */
export const tools = {
  StreamError,
  callAll,
  checkLength,
  lineSplitter,
  load,
  nextTask,
  parse,
  parseOrKeep,
  serverError,
  sse,
  textDecoder,
  truncated,
};

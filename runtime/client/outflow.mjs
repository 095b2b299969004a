// The entry point of the client. Its modules are in `outflow/`, their types in the `.d.ts` files.

export { stream } from './outflow/stream.mjs';
export { StreamError } from './outflow/error.mjs';

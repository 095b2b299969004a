// All lazy modules, by the names under which `lazy.mjs` loads them.

export * as ahead from './ahead.mjs';
export * as envelope from './decoders/envelope.mjs';
export * as frames from './decoders/frames.mjs';
export * as json from './decoders/json.mjs';
export * as ndjson from './decoders/ndjson.mjs';
export * as response from './response.mjs';
export * as session from './session.mjs';
export * as shared from './shared.mjs';
export * as upload from './upload.mjs';
export * as warning from './warning.mjs';

export * from './index.js';
export * as decoders from './decoders.js';

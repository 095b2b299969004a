// Newline-delimited JSON: bare rows, nothing else.

import { limit, lines, ofText, parse, truncated } from './rules.mjs';

/** @import { Decoder, DecoderOptions } from '../../decoders.js' */

/**
 * One JSON value a line. The clean end of the body is the end, and there is no result. Blank lines are heartbeats.
 *
 * @param {DecoderOptions} [options]
 * @returns {Decoder}
 */
export function ndjson({ maxPacketBytes } = {}) {
  const take = lines(maxPacketBytes, (text, start, end, sink) => {
    const line = limit(text.slice(start, end), maxPacketBytes);
    if (/\S/.test(line)) sink.packet(parse(line)); // JSON allows the CR that may stand before the LF
  });
  return ofText(take, sink => {
    try {
      take('\n', sink);
    } catch {
      throw truncated(); // what lacks its line end and is no JSON was cut
    }
    sink.done(undefined);
  });
}

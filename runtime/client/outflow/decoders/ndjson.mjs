// Newline-delimited JSON: bare rows, nothing else.

import { MAX_PACKET_BYTES, limit, ofText, parse, truncated } from './rules.mjs';

/** @import { Decoder, DecoderOptions, Sink } from '../../decoders.js' */

/**
 * One JSON value a line. The clean end of the body is the end, and there is no result. Blank lines are heartbeats.
 *
 * @param {DecoderOptions} [options]
 * @returns {Decoder}
 */
export function ndjson({ maxPacketBytes = MAX_PACKET_BYTES } = {}) {
  /** The start of a line whose end has not come yet. */
  let held = '';

  /**
   * @param {string} line
   * @param {Sink} sink
   */
  function takeLine(line, sink) {
    limit(line.length, maxPacketBytes);
    if (/\S/.test(line)) sink.packet(parse(line)); // JSON allows the CR that may stand before the LF
  }

  /**
   * @param {string} text
   * @param {Sink} sink
   */
  function take(text, sink) {
    let start = 0;
    for (let end; (end = text.indexOf('\n', start)) >= 0; start = end + 1) {
      takeLine(held + text.slice(start, end), sink);
      held = '';
    }
    held += text.slice(start);
    limit(held.length, maxPacketBytes);
  }

  return ofText(take, sink => {
    try {
      takeLine(held, sink);
    } catch {
      throw truncated(); // what lacks its line end and is no JSON was cut
    }
    sink.done(undefined);
  });
}

// Newline-delimited JSON.

import { checkLength, lineSplitter, parse, textDecoder, truncated } from './shared.mjs';

/** @import { Decoder, DecoderOptions } from '../../decoders.js' */

/**
 * Decodes one JSON value per line. The clean end of the body is the end, without a result. Blank lines are heartbeats.
 *
 * @param {DecoderOptions} [options]
 * @returns {Decoder}
 */
export function ndjson({ maxPacketBytes } = {}) {
  const onText = lineSplitter(maxPacketBytes, (text, start, end, sink) => {
    const line = checkLength(text.slice(start, end), maxPacketBytes);
    if (/\S/.test(line)) sink.packet(parse(line)); // JSON allows a CR before the LF
  });
  return textDecoder(onText, sink => {
    try {
      onText('\n', sink);
    } catch {
      throw truncated(); // a last line that is not JSON was cut off
    }
    sink.done(undefined);
  });
}

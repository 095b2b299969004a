// Newline-delimited JSON.

/**
 * @import { Decoder, DecoderOptions } from '../../decoders.js'
 * @import { Tools } from '../tools.mjs'
 */

/**
 * Decodes one JSON value per line. The clean end of the body is the end, without a result. Blank lines are heartbeats.
 *
 * @param {DecoderOptions} options
 * @param {Tools} tools
 * @returns {Decoder}
 */
export function ndjson({ maxPacketBytes }, { checkLength, lineSplitter, parse, textDecoder, truncated }) {
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

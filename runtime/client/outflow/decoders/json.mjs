// A single JSON document.

/**
 * @import { Decoder, DecoderOptions } from '../../decoders.js'
 * @import { Tools } from '../tools.mjs'
 */

/**
 * Decodes a JSON document, which is the result.
 *
 * @param {DecoderOptions} options
 * @param {Tools} tools
 * @returns {Decoder}
 */
export function json({ maxPacketBytes }, { checkLength, parse, textDecoder }) {
  let document = '';
  return textDecoder(
    text => {
      document = checkLength(document + text, maxPacketBytes);
    },
    sink => sink.done(parse(document)),
  );
}

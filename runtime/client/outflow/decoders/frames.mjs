// The frames of Hazaar MVC's AJAX streaming.
//
// A frame is the length of its payload in hex, a NUL, a type and the payload. The type `s` is text, `a` is JSON, and
// `e` is an error. The last frame has no length: a NUL, a type, and a payload that runs to the end of the body.

import { malformed } from './malformed.mjs';

/**
 * @import { Decoder, DecoderOptions } from '../../decoders.js'
 * @import { Tools } from '../tools.mjs'
 */

/** The head of a frame, perhaps incomplete. Eight digits at most, so that the length is a safe integer. */
const HEAD = /^[0-9a-f]{0,8}(\0[sae]?)?$/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes the frames of Hazaar MVC. An empty last frame of type `s` means that the result is `undefined`.
 *
 * @param {DecoderOptions} options
 * @param {Tools} tools
 * @returns {Decoder}
 */
export function frames({ maxPacketBytes }, tools) {
  const { checkLength, parse, parseOrKeep, serverError, truncated } = tools;
  let head = '';
  /** @type {number | undefined} The payload's length: infinite for the last frame, undefined until the head is read. */
  let length;
  /** @type {Uint8Array[]} The payload so far. */
  let parts = [];
  let size = 0;

  /** Returns the value of the payload, and gets ready for the next frame. */
  function takeValue() {
    const payload = decodeText(parts.length === 1 ? parts[0] : concat(parts, size));
    const type = head.at(-1);
    head = '';
    length = undefined;
    parts = [];
    size = 0;
    if (type === 'e') throw serverError(parseOrKeep(payload));
    return type === 'a' ? parse(payload) : payload;
  }

  /** @type {Decoder['push']} */
  function push(chunk, sink) {
    for (let at = 0; at < chunk.length;) {
      if (length === undefined) {
        head += String.fromCharCode(chunk[at++]);
        if (!HEAD.test(head)) throw malformed(head + decodeText(chunk.subarray(at)), tools);
        if (!/\0./.test(head)) continue;
        length = head[0] === '\0' ? Infinity : parseInt(head, 16);
        if (length < Infinity) checkLength({ length }, maxPacketBytes);
      } else {
        const part = chunk.subarray(at, at + length - size);
        parts.push(part);
        size += part.length;
        at += part.length;
        checkLength({ length: size }, maxPacketBytes);
      }
      if (size === length) sink.packet(takeValue());
    }
  }

  /** @type {Decoder['end']} */
  function end(sink) {
    // JSON is never empty, so this one was cut off.
    if (length !== Infinity || (!size && head === '\0a')) throw truncated();
    sink.done(size || head === '\0e' ? takeValue() : undefined);
  }

  return { push, end };
}

/**
 * Frames are declared as ISO-8859-1, but careful servers send UTF-8 or ASCII. Bytes that are not UTF-8 are read as
 * windows-1252, which is what browsers mean by ISO-8859-1.
 *
 * @param {Uint8Array} bytes
 */
function decodeText(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    // `stream` avoids a fast path of Node 20 that decodes the bytes 80 to 9F wrongly.
    return new TextDecoder('windows-1252').decode(bytes, { stream: true });
  }
}

/**
 * @param {Uint8Array[]} parts
 * @param {number} size
 */
function concat(parts, size) {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// The frames of Hazaar MVC's AJAX streaming.
//
// A packet is its payload's length in hex, a NUL, a type and the payload: `s` is text, `a` is JSON, `e` an error.
// The last frame has no length: a NUL, a type, and a payload that runs to the end of the body.

import { parseOrKeep, serverError } from '../error.mjs';
import { limit, malformed, parse, truncated } from './rules.mjs';

/** @import { Decoder, DecoderOptions } from '../../decoders.js' */

/** A frame's beginning, as far as it has come: at most eight digits, so that a length is a safe number. */
const HEAD = /^[0-9a-f]{0,8}(\0[sae]?)?$/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The frames of Hazaar MVC. A last frame of type `s` with nothing in it means that there is no result: `undefined`.
 *
 * @param {DecoderOptions} [options]
 * @returns {Decoder}
 */
export function frames({ maxPacketBytes } = {}) {
  let head = '';
  /** @type {number | undefined} The payload's length; infinite for the last frame, unknown until the head is read. */
  let length;
  /** @type {Uint8Array[]} What has come of the payload. */
  let parts = [];
  let size = 0;

  /** Takes the payload, and makes room for the next frame. */
  function take() {
    const taken = text(parts.length === 1 ? parts[0] : join(parts, size));
    const type = head.at(-1);
    head = '';
    length = undefined;
    parts = [];
    size = 0;
    if (type === 'e') throw serverError(parseOrKeep(taken));
    return type === 'a' ? parse(taken) : taken;
  }

  /** @type {Decoder['push']} */
  function push(chunk, sink) {
    for (let at = 0; at < chunk.length;) {
      if (length === undefined) {
        head += String.fromCharCode(chunk[at++]);
        if (!HEAD.test(head)) throw malformed(head + text(chunk.subarray(at)));
        if (!/\0./.test(head)) continue;
        length = head[0] === '\0' ? Infinity : parseInt(head, 16);
        if (length < Infinity) limit({ length }, maxPacketBytes);
      } else {
        const part = chunk.subarray(at, at + length - size);
        parts.push(part);
        size += part.length;
        at += part.length;
        limit({ length: size }, maxPacketBytes);
      }
      if (size === length) sink.packet(take());
    }
  }

  /** @type {Decoder['end']} */
  function end(sink) {
    // JSON is never empty, so it was cut off.
    if (length !== Infinity || (!size && head === '\0a')) throw truncated();
    sink.done(size || head === '\0e' ? take() : undefined);
  }

  return { push, end };
}

/**
 * Frames are declared ISO-8859-1 but hold UTF-8 or ASCII where the server is careful. Bytes that are not UTF-8 are
 * taken for what browsers mean by that name.
 *
 * @param {Uint8Array} bytes
 */
function text(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    // Whole texts take a short cut in Node 20, which mistakes the bytes 80 to 9F.
    return new TextDecoder('windows-1252').decode(bytes, { stream: true });
  }
}

/**
 * @param {Uint8Array[]} parts
 * @param {number} size
 */
function join(parts, size) {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

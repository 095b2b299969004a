// Code that the decoders share.

import { StreamError } from '../error.mjs';

/** @import { Decoder, Sink } from '../../decoders.js' */

/**
 * Makes a decoder for text. Bytes may be split within a character. A byte order mark at the very start is removed.
 *
 * @param {(text: string, sink: Sink) => void} onText
 * @param {(sink: Sink) => void} onEnd
 * @returns {Decoder}
 */
export function textDecoder(onText, onEnd) {
  const utf8 = new TextDecoder();
  // For pieces at whose ends no character is split. In Node this takes a sixth of the time.
  const whole = new TextDecoder('utf-8', { ignoreBOM: true });
  let endsInAscii = false;
  return {
    push(chunk, sink) {
      const startsWhole = endsInAscii;
      endsInAscii = chunk[chunk.length - 1] < 128;
      onText(startsWhole && endsInAscii ? whole.decode(chunk) : utf8.decode(chunk, { stream: true }), sink);
    },
    end(sink) {
      onText(utf8.decode(), sink);
      onEnd(sink);
    },
  };
}

/**
 * Splits text at line feeds. Only new text is searched for them, so the work is linear in the length, however the text
 * is cut. Appending does not copy: engines keep such strings as ropes until they are read.
 *
 * @param {number | undefined} maxLength How long an incomplete line may be.
 * @param {(text: string, start: number, end: number, sink: Sink) => number | void} onLine Gets a line as a range of the
 *   text. It may read further lines, and then returns the end of the last one.
 */
export function lineSplitter(maxLength, onLine) {
  const LF = 10;
  /** The start of a line that is not complete yet. */
  let partial = '';
  return (/** @type {string} */ text, /** @type {Sink} */ sink) => {
    let start = 0;
    // Checked first, because most events end with a blank line right away.
    for (let end; (end = text.charCodeAt(start) === LF ? start : text.indexOf('\n', start)) >= 0; start = end + 1) {
      if (partial) {
        const line = partial + text.slice(start, end);
        partial = '';
        onLine(line, 0, line.length, sink);
      } else {
        end = onLine(text, start, end, sink) ?? end; // a range and not a copy, because often only a part is needed
      }
    }
    partial = checkLength(partial + text.slice(start), maxLength);
  };
}

/** A short JSON string without escapes. */
const PLAIN_STRING = /^"[^"\\\u0000-\u001f]{0,256}"$/;

/**
 * Parses a packet's JSON.
 *
 * @param {string} raw
 */
export function parse(raw) {
  // A fast path for tokens, which are short and many. It takes half the time.
  if (raw[0] === '"' && PLAIN_STRING.test(raw)) return raw.slice(1, -1);
  try {
    return JSON.parse(raw);
  } catch (cause) {
    throw new StreamError('parse', 'A packet is not JSON.', { raw, cause });
  }
}

/**
 * Returns what has arrived of a packet, or throws if that is too long.
 *
 * @template {{ length: number }} T
 * @param {T} part
 * @param {number} [maxLength] 64 MiB unless set.
 */
export function checkLength(part, maxLength = 64 << 20) {
  const { length } = part;
  if (length > maxLength) throw new StreamError('too-large', `A packet is longer than ${maxLength} bytes.`, { length });
  return part;
}

/** The error for a body that ended before the stream did. */
export function truncated() {
  return new StreamError('truncated', 'The response was cut off.');
}

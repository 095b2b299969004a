// What every format has in common.

import { StreamError } from '../error.mjs';

/** @import { Decoder, Sink } from '../../decoders.js' */

export const LF = 10;
/** How much of what is no stream is quoted. */
export const EXCERPT_LENGTH = 64;

/**
 * Makes a decoder of text: bytes may be split within a character, and one byte order mark is stripped, at the very
 * start.
 *
 * @param {(text: string, sink: Sink) => void} take Reads the next text.
 * @param {(sink: Sink) => void} end Takes note of its end.
 * @returns {Decoder}
 */
export function ofText(take, end) {
  const utf8 = new TextDecoder();
  return {
    push(chunk, sink) {
      take(utf8.decode(chunk, { stream: true }), sink);
    },
    end(sink) {
      take(utf8.decode(), sink);
      end(sink);
    },
  };
}

/**
 * Takes text apart at its line feeds. Only new text is searched for them, so the work is linear in what comes, however
 * it is cut. `+=` is no copy: engines keep such strings as ropes until they are read.
 *
 * @param {number | undefined} most How long the start of a line may be.
 * @param {(text: string, start: number, end: number, sink: Sink) => number | void} take Reads a line out of a text. It
 *   may read more lines than that one, and then gives the end of the last.
 */
export function lines(most, take) {
  /** The start of a line whose end has not come yet. */
  let held = '';
  return (/** @type {string} */ text, /** @type {Sink} */ sink) => {
    let start = 0;
    // The blank line after an event mostly follows at once.
    for (let end; (end = text.charCodeAt(start) === LF ? start : text.indexOf('\n', start)) >= 0; start = end + 1) {
      if (held) {
        const line = held + text.slice(start, end);
        held = '';
        take(line, 0, line.length, sink);
      } else {
        end = take(text, start, end, sink) ?? end; // not cut out yet: some readers want only a part of it
      }
    }
    held = limit(held + text.slice(start), most);
  };
}

/** A short JSON string that means what it says. */
const PLAIN = /^"[^"\\\u0000-\u001f]{0,256}"$/;

/**
 * Reads JSON out of a packet.
 *
 * @param {string} raw
 */
export function parse(raw) {
  // Such as tokens, which come in great numbers: half the time.
  if (raw[0] === '"' && PLAIN.test(raw)) return raw.slice(1, -1);
  try {
    return JSON.parse(raw);
  } catch (cause) {
    throw new StreamError('parse', 'A packet is not valid JSON.', { raw, cause });
  }
}

/**
 * Gives what has come of a packet, unless it is too long: then no more of it is kept.
 *
 * @template {{ length: number }} T
 * @param {T} part
 * @param {number} [most]
 */
export function limit(part, most = 64 * 1024 * 1024) {
  const { length } = part;
  if (length > most) throw new StreamError('too-large', `A packet is longer than ${most} bytes.`, { length });
  return part;
}

/** The failure of a body that ended before the stream did. */
export function truncated() {
  return new StreamError('truncated', 'The response was cut off.');
}

/**
 * The failure of a body that breaks the rules of its format.
 *
 * @param {string} found What is there instead.
 */
export function malformed(found) {
  const excerpt = found.slice(0, EXCERPT_LENGTH);
  return new StreamError('protocol', `The stream is malformed at: ${excerpt}`, { excerpt });
}

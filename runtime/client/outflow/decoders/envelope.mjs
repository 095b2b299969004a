// The JSON envelope of a streamed action.

import { malformed } from './malformed.mjs';

/**
 * @import { Decoder, DecoderOptions, Sink } from '../../decoders.js'
 * @import { Tools } from '../tools.mjs'
 */

const HEAD = /^\s*\{\s*"items"\s*:\s*\[/;
const OUTSIDE_STRINGS = /["[\]{},]/g;
const INSIDE_STRINGS = /["\\]/g;

/**
 * Decodes `{"items":[…],"result":…}` or `{"items":[…],"error":…}`. An item is a packet as soon as it is complete. Only
 * brackets and strings are tracked here; `JSON.parse` reads the rest.
 *
 * @param {DecoderOptions} options
 * @param {Tools} tools
 * @returns {Decoder}
 */
export function envelope({ maxPacketBytes }, tools) {
  const { checkLength, parse, serverError, textDecoder, truncated } = tools;
  /** @type {(text: string, sink: Sink) => void} */
  let step = readHead;
  /** The unread part of the head, of the current item, or of the tail. */
  let pending = '';
  let depth = 0;
  let isInString = false;
  /** Whether the last piece ended with a backslash, which escapes the next character. */
  let isEscaped = false;

  /** @type {typeof step} */
  function readHead(text, sink) {
    pending += text;
    if (!pending.includes('[')) return;
    const items = pending.replace(HEAD, '');
    if (items === pending) throw malformed(pending, tools);
    pending = '';
    step = readItems;
    readItems(items, sink);
  }

  /** @type {typeof step} */
  function readItems(text, sink) {
    let start = 0;
    let at = 0;
    if (text && isEscaped) {
      at = 1;
      isEscaped = false;
    }
    while (step === readItems) {
      const pattern = isInString ? INSIDE_STRINGS : OUTSIDE_STRINGS;
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (!found) break;
      const mark = found[0];
      at = pattern.lastIndex;
      if (mark === '"') {
        isInString = !isInString;
      } else if (mark === '\\') {
        isEscaped = at === text.length;
        at += 1;
      } else if (mark === '[' || mark === '{') {
        depth += 1;
      } else if (depth === 0) {
        takeItem(pending + text.slice(start, found.index), mark, sink);
        pending = '';
        start = at;
      } else if (mark !== ',') {
        depth -= 1;
      }
    }
    pending += text.slice(start);
  }

  /**
   * @param {string} item
   * @param {string} mark The character after it.
   * @param {Sink} sink
   */
  function takeItem(item, mark, sink) {
    checkLength(item, maxPacketBytes);
    if (mark !== ',') step = readTail;
    if (mark === ',' || /\S/.test(item)) sink.packet(parse(item));
  }

  /** @type {typeof step} */
  function readTail(text) {
    pending += text;
  }

  return textDecoder(
    (text, sink) => {
      step(text, sink);
      checkLength(pending, maxPacketBytes);
    },
    sink => {
      if (step !== readTail) throw truncated();
      let tail;
      try {
        tail = JSON.parse(`{${pending.replace(/^\s*,/, '')}`);
      } catch {
        throw truncated(); // servers write valid JSON, so this is the start of it
      }
      if (tail.error) throw serverError(tail.error);
      sink.done(tail.result);
    },
  );
}

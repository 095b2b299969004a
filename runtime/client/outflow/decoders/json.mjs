// JSON: a document of its own, or the envelope of a streamed action.

import { serverError } from '../error.mjs';
import { limit, malformed, ofText, parse, truncated } from './rules.mjs';

/** @import { Decoder, DecoderOptions, Sink } from '../../decoders.js' */

const HEAD = /^\s*\{\s*"items"\s*:\s*\[/;
const OUTSIDE_STRINGS = /["[\]{},]/g;
const INSIDE_STRINGS = /["\\]/g;

/**
 * A JSON document, which is the result.
 *
 * @param {DecoderOptions} [options]
 * @returns {Decoder}
 */
export function json({ maxPacketBytes } = {}) {
  let held = '';
  return ofText(
    text => {
      held = limit(held + text, maxPacketBytes);
    },
    sink => sink.done(parse(held)),
  );
}

/**
 * `{"items":[…],"result":…}` or `{"items":[…],"error":…}`. An item is a packet as soon as it is complete, so only
 * brackets and strings are followed here; what is between them is left to `JSON.parse`.
 *
 * @param {DecoderOptions} [options]
 * @returns {Decoder}
 */
export function envelope({ maxPacketBytes } = {}) {
  /** @type {(text: string, sink: Sink) => void} */
  let step = readHead;
  /** Of the head, of the item at hand, or of what comes after the items. */
  let held = '';
  let depth = 0;
  let quoted = false;
  /** The last piece ended in a backslash: the next character means nothing. */
  let escaped = false;

  /** @type {typeof step} */
  function readHead(text, sink) {
    held += text;
    if (!held.includes('[')) return;
    const items = held.replace(HEAD, '');
    if (items === held) throw malformed(held);
    held = '';
    step = readItems;
    readItems(items, sink);
  }

  /** @type {typeof step} */
  function readItems(text, sink) {
    let start = 0;
    let at = 0;
    if (text && escaped) {
      at = 1;
      escaped = false;
    }
    while (step === readItems) {
      const pattern = quoted ? INSIDE_STRINGS : OUTSIDE_STRINGS;
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (!found) break;
      const mark = found[0];
      at = pattern.lastIndex;
      if (mark === '"') {
        quoted = !quoted;
      } else if (mark === '\\') {
        escaped = at === text.length;
        at += 1;
      } else if (mark === '[' || mark === '{') {
        depth += 1;
      } else if (depth === 0) {
        takeItem(held + text.slice(start, found.index), mark, sink);
        held = '';
        start = at;
      } else if (mark !== ',') {
        depth -= 1;
      }
    }
    held += text.slice(start);
  }

  /**
   * @param {string} item
   * @param {string} mark What it ended with.
   * @param {Sink} sink
   */
  function takeItem(item, mark, sink) {
    limit(item, maxPacketBytes);
    if (mark !== ',') step = readTail;
    if (mark === ',' || /\S/.test(item)) sink.packet(parse(item));
  }

  /** @type {typeof step} */
  function readTail(text) {
    held += text;
  }

  return ofText(
    (text, sink) => {
      step(text, sink);
      limit(held, maxPacketBytes);
    },
    sink => {
      if (step !== readTail) throw truncated();
      let tail;
      try {
        tail = JSON.parse(`{${held.replace(/^\s*,/, '')}`);
      } catch {
        throw truncated(); // the server writes nothing but JSON, so this is the start of it
      }
      if (tail.error) throw serverError(tail.error);
      sink.done(tail.result);
    },
  );
}

// Server-sent events, by the grammar of the WHATWG HTML standard (section 9.2.6).

import { parseOrKeep, serverError } from '../error.mjs';
import { MAX_PACKET_BYTES, limit, ofText, parse, truncated } from './rules.mjs';

/** @import { Sink, SseDecoder, SseOptions } from '../../decoders.js' */

/**
 * Server-sent events: data is JSON, the event `done` is the end and `error` the failure.
 *
 * Only new text is searched for line ends, so the work is linear in what comes, however it is cut. `+=` is no copy:
 * engines keep such strings as ropes until they are read.
 *
 * @param {SseOptions} [options]
 * @returns {SseDecoder}
 */
export function sse({ maxPacketBytes = MAX_PACKET_BYTES, text: asText = false, eof = false } = {}) {
  const read = asText ? String : parse;

  /** The start of a line whose end has not come yet. */
  let held = '';
  /** The last piece ended in a CR: an LF that comes next belongs to it. */
  let afterCR = false;
  let ended = false;

  /** @type {string | undefined} The event's data; an event without a data line is none. */
  let data;
  let event = '';
  let id = '';
  /** @type {number | undefined} */
  let retry;

  /**
   * @param {string} text
   * @param {Sink} sink
   */
  function take(text, sink) {
    let start = 0;
    if (text && afterCR) {
      afterCR = false;
      if (text[0] === '\n') start = 1;
    }
    let lf = text.indexOf('\n', start);
    let cr = text.indexOf('\r', start); // most servers send none, so this is one search for the whole piece
    while (!ended) {
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
      if (end < 0) break;
      takeLine(held + text.slice(start, end), sink);
      held = '';
      start = end + 1;
      if (end === cr) {
        afterCR = start === text.length;
        if (start === lf) start += 1;
        cr = text.indexOf('\r', start);
      }
      if (lf >= 0 && lf < start) lf = text.indexOf('\n', start);
    }
    held += text.slice(start);
    limit(held.length, maxPacketBytes);
  }

  /**
   * @param {string} line
   * @param {Sink} sink
   */
  function takeLine(line, sink) {
    if (line === '') return dispatch(sink);
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') {
      data = data === undefined ? value : `${data}\n${value}`;
      limit(data.length, maxPacketBytes);
    }
    if (name === 'event') event = value;
    if (name === 'id' && !value.includes('\0')) id = value;
    if (name === 'retry' && /^[0-9]+$/.test(value)) retry = Number(value);
    // Anything else is ignored; so are comments, whose name is empty.
  }

  /** @param {Sink} sink */
  function dispatch(sink) {
    const [sent, name] = [data, event];
    data = undefined;
    event = '';
    if (sent === undefined) return;
    if (name === 'error') throw serverError(parseOrKeep(sent));
    if (name === 'done') {
      ended = true;
      sink.done(sent === '' ? undefined : read(sent));
    } else {
      sink.packet(read(sent), name || undefined, id || undefined);
    }
  }

  return {
    ...ofText(take, sink => {
      if (ended) return;
      if (!eof) throw truncated();
      sink.done(undefined);
    }),
    get retry() {
      return retry;
    },
  };
}

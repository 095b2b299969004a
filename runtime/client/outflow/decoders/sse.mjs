// Server-sent events, by the grammar of the WHATWG HTML standard (section 9.2.6).

import { parseOrKeep, serverError } from '../error.mjs';
import { MAX_PACKET_BYTES, limit, lines, ofText, parse, truncated } from './rules.mjs';

/** @import { Sink, SseDecoder, SseOptions } from '../../decoders.js' */

/**
 * Server-sent events: data is JSON, the event `done` is the end and `error` the failure.
 *
 * @param {SseOptions} [options]
 * @returns {SseDecoder}
 */
export function sse({ maxPacketBytes = MAX_PACKET_BYTES, text: asText = false, eof = false } = {}) {
  const read = asText ? String : parse;
  /** The last piece ended in a CR: an LF that comes next belongs to it. */
  let afterCR = false;
  let ended = false;

  /** @type {string | undefined} The event's data; an event without a data line is none. */
  let data;
  let event = '';
  let id = '';
  /** The id that holds after the last blank line. */
  let lastId = '';
  /** @type {number | undefined} */
  let retry;
  /** Nothing but a reconnection time has come since the last event. */
  let leaving = false;

  const takeLines = lines(maxPacketBytes, (line, sink) => {
    if (ended) return;
    if (!line) return dispatch(sink);
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') {
      data = limit(data === undefined ? value : `${data}\n${value}`, maxPacketBytes);
    } else if (name === 'event') {
      event = value;
    } else if (name === 'id' && !value.includes('\0')) {
      id = value;
      leaving = false;
    } else if (name === 'retry' && /^[0-9]+$/.test(value)) {
      retry = Number(value);
      leaving = true;
    }
    // Anything else is ignored; so are comments, whose name is empty.
  });

  /** @param {Sink} sink */
  function dispatch(sink) {
    const sent = data;
    const name = event;
    data = undefined;
    event = '';
    lastId = id;
    if (sent === undefined) return;
    leaving = false;
    if (name === 'error') throw serverError(parseOrKeep(sent));
    if (name === 'done') {
      ended = true;
      sink.done(sent === '' ? undefined : read(sent));
    } else {
      sink.packet(read(sent), name || undefined, id || undefined);
    }
  }

  /**
   * Makes every line end an LF.
   *
   * @param {string} text
   * @param {Sink} sink
   */
  function take(text, sink) {
    if (!text) return;
    const rest = afterCR && text[0] === '\n' ? text.slice(1) : text;
    afterCR = text.endsWith('\r');
    takeLines(rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest, sink);
  }

  return {
    ...ofText(take, sink => {
      if (ended) return;
      if (!eof) throw truncated();
      sink.done(undefined);
    }),
    get lastId() {
      return lastId;
    },
    get leaving() {
      return leaving;
    },
    get retry() {
      return retry;
    },
  };
}

// Server-sent events, by the grammar of the WHATWG HTML standard (section 9.2.6).

import { parseOrKeep, serverError } from '../error.mjs';
import { limit, lines, ofText, parse, truncated } from './rules.mjs';

/** @import { Sink, SseDecoder, SseOptions } from '../../decoders.js' */

/**
 * Server-sent events: data is JSON, the event `done` is the end and `error` the failure.
 *
 * @param {SseOptions} [options]
 * @returns {SseDecoder}
 */
export function sse({ maxPacketBytes, text: asText = false, eof = false } = {}) {
  const read = asText ? String : parse;
  /** The last piece ended in a CR: an LF that comes next belongs to it. */
  let afterCR = false;
  let ended = false;

  /** @type {string | undefined} The event's data; an event without a data line is none. */
  let data;
  let event = '';
  let id = '';

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
      decoder.leaving = false;
    } else if (name === 'retry' && /^[0-9]+$/.test(value)) {
      decoder.retry = Number(value);
      decoder.leaving = true;
    }
    // Anything else is ignored; so are comments, whose name is empty.
  });

  /** @param {Sink} sink */
  function dispatch(sink) {
    const sent = data;
    const name = event;
    data = undefined;
    event = '';
    decoder.lastId = id;
    if (sent === undefined) return;
    decoder.leaving = false;
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

  const decoder = {
    ...ofText(take, sink => {
      if (ended) return;
      if (!eof) throw truncated();
      sink.done(undefined);
    }),
    lastId: '',
    retry: /** @type {number | undefined} */ (undefined),
    leaving: false,
  };
  return decoder;
}

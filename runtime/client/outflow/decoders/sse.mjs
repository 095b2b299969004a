// Server-sent events, by the grammar of the WHATWG HTML standard (section 9.2.6).

import { parseOrKeep, serverError } from '../error.mjs';
import { LF, limit, lines, ofText, parse, truncated } from './rules.mjs';

/** @import { Sink, SseDecoder, SseOptions } from '../../decoders.js' */

const [D, A, T, COLON, SPACE] = [...'dat: '].map(letter => letter.charCodeAt(0));

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

  const takeLines = lines(maxPacketBytes, (text, start, end, sink) => {
    if (ended) return;
    if (start === end) return dispatch(sink);
    if (!event && data === undefined && isWhole(text, start, end)) return takeWhole(text, start, end, sink);
    // Most lines hold data, so these are not searched for their colon.
    const name = isData(text, start) ? 'data' : text.slice(start, end).split(':', 1)[0];
    const value = valueOf(text, start + name.length + 1, end);
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

  /**
   * Reads events of one line each, as most are, for as long as they follow one another: nothing has to be kept from
   * line to line. Gives the end of the last blank line.
   *
   * @param {string} text
   * @param {number} start
   * @param {number} end
   * @param {Sink} sink
   */
  function takeWhole(text, start, end, sink) {
    decoder.lastId = id;
    decoder.leaving = false;
    do {
      const sent = limit(valueOf(text, start + 5, end), maxPacketBytes);
      sink.packet(read(sent), undefined, id || undefined);
      start = end + 2;
      end = text.indexOf('\n', start);
    } while (isWhole(text, start, end));
    return start - 1;
  }

  /** @param {Sink} sink */
  function dispatch(sink) {
    const sent = data;
    const name = event;
    data = undefined;
    event = '';
    // Who comes back with the id of a failure would be told that there is nothing more.
    if (name === 'error' && sent !== undefined) throw Object.assign(serverError(parseOrKeep(sent)), { lastId: id });
    decoder.lastId = id;
    if (sent === undefined) return;
    decoder.leaving = false;
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

/**
 * The value of a field, without the space that may come before it.
 *
 * @param {string} text
 * @param {number} at
 * @param {number} end
 */
function valueOf(text, at, end) {
  return text.slice(text.charCodeAt(at) === SPACE ? at + 1 : at, end);
}

/**
 * Whether this line is a data line, and the next one is blank.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function isWhole(text, start, end) {
  return end > 0 && text.charCodeAt(end + 1) === LF && isData(text, start);
}

/**
 * Whether a data line begins here. `startsWith` takes long enough to be felt in every packet.
 *
 * @param {string} text
 * @param {number} at
 */
function isData(text, at) {
  return (
    text.charCodeAt(at) === D &&
    text.charCodeAt(at + 1) === A &&
    text.charCodeAt(at + 2) === T &&
    text.charCodeAt(at + 3) === A &&
    text.charCodeAt(at + 4) === COLON
  );
}

// Server-sent events, by the grammar of the WHATWG HTML standard (section 9.2.6).

import { parseOrKeep, serverError } from '../error.mjs';
import { MAX_PACKET_BYTES, limit, ofText, parse, truncated } from './rules.mjs';

/** @import { Sink, SseDecoder, SseOptions } from '../../decoders.js' */

const [D, A, T, COLON, SPACE, LF] = [...'dat: \n'].map(letter => letter.charCodeAt(0));

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
  /** The id that holds after the last blank line. */
  let lastId = '';
  /** @type {number | undefined} */
  let retry;
  /** Nothing but a reconnection time has come since the last event. */
  let leaving = false;

  /**
   * @param {string} text
   * @param {Sink} sink
   */
  function take(text, sink) {
    let start = afterCR && text[0] === '\n' ? 1 : 0;
    if (text) afterCR = false;
    let lf = text.indexOf('\n', start);
    let cr = text.indexOf('\r', start); // most servers send none, so this is one search for the whole piece
    while (!ended) {
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
      if (end < 0) break;
      if (held) {
        const line = held + text.slice(start, end);
        held = '';
        takeLine(line, 0, line.length, sink);
      } else {
        takeLine(text, start, end, sink);
      }
      start = end + 1;
      if (end === cr) {
        afterCR = start === text.length;
        if (start === lf) start += 1;
        cr = text.indexOf('\r', start);
      } else if (text.charCodeAt(start) === LF) {
        dispatch(sink); // the blank line mostly follows at once, so it is not searched for
        start += 1;
      }
      if (lf >= 0 && lf < start) lf = text.indexOf('\n', start);
    }
    held += text.slice(start);
    limit(held.length, maxPacketBytes);
  }

  /**
   * Reads the line from `start` to `end`. Most lines hold data or an id, so these are not taken apart first.
   *
   * @param {string} text
   * @param {number} start
   * @param {number} end
   * @param {Sink} sink
   */
  function takeLine(text, start, end, sink) {
    if (start === end) return dispatch(sink);
    if (isData(text, start)) return addData(valueAfter(text, start + 4, end));
    if (text.startsWith('id:', start)) return setId(valueAfter(text, start + 2, end));
    const line = text.slice(start, end);
    const [name] = line.split(':', 1);
    const value = valueAfter(line, name.length, line.length);
    if (name === 'data') addData(value);
    if (name === 'event') event = value;
    if (name === 'id') setId(value);
    if (name === 'retry' && /^[0-9]+$/.test(value)) {
      retry = Number(value);
      leaving = true;
    }
    // Anything else is ignored; so are comments, whose name is empty.
  }

  /** @param {string} value */
  function setId(value) {
    if (value.includes('\0')) return;
    id = value;
    leaving = false;
  }

  /** @param {string} value */
  function addData(value) {
    data = data === undefined ? value : `${data}\n${value}`;
    limit(data.length, maxPacketBytes);
  }

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

/**
 * A field's value; one space after the colon is no part of it.
 *
 * @param {string} text
 * @param {number} colon
 * @param {number} end
 */
function valueAfter(text, colon, end) {
  return text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, end);
}

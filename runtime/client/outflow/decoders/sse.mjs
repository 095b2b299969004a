// Server-sent events, by the grammar of the WHATWG HTML standard (section 9.2.6).

import { parseOrKeep, serverError } from '../error.mjs';
import { checkLength, lineSplitter, parse, textDecoder, truncated } from './shared.mjs';

/** @import { Sink, SseDecoder, SseOptions } from '../../decoders.js' */

/**
 * Decodes server-sent events. Data is JSON, the event `done` is the end unless another one is named, and `error` is a
 * failure.
 *
 * @param {SseOptions} [options]
 * @returns {SseDecoder}
 */
export function sse({ maxPacketBytes, decode, end, lastId = '' } = {}) {
  const asText = decode === 'text';
  const decodeData = asText ? String : parse;
  /** @type {{ event?: string, data?: string }} */
  const { event: endEvent, data: endData } = typeof end === 'object' ? end : { event: 'done' };
  /** Whether the last piece ended with a CR. An LF that comes next belongs to it. */
  let isAfterCR = false;
  let hasEnded = false;

  /** @type {string | undefined} The event's data. Without a `data:` line there is no event. */
  let data;
  let event = '';
  let id = lastId;

  const onText = lineSplitter(maxPacketBytes, (text, start, end, sink) => {
    if (hasEnded) return;
    if (start === end) return dispatch(sink);
    if (!event && data === undefined && isWholeEvent(text, start, end)) return dispatchWhole(text, start, end, sink);
    // Most lines are data, so their colon is not searched for.
    const name = isData(text, start) ? 'data' : text.slice(start, end).split(':', 1)[0];
    const value = valueOf(text, start + name.length + 1, end);
    if (name === 'data') {
      data = checkLength(data === undefined ? value : `${data}\n${value}`, maxPacketBytes);
    } else if (name === 'event') {
      event = value;
    } else if (name === 'id' && !value.includes('\0')) {
      id = value;
      decoder.leaving = false;
    } else if (name === 'retry' && /^[0-9]+$/.test(value)) {
      decoder.retry = Number(value);
      decoder.leaving = true;
    }
    // Other fields are ignored, and comments, whose name is empty.
  });

  /**
   * Dispatches events that consist of one data line, as most do, until another line comes. Returns the end of the last
   * blank line. It is a fast path: nothing is kept from line to line.
   *
   * @param {string} text
   * @param {number} start
   * @param {number} end
   * @param {Sink} sink
   */
  function dispatchWhole(text, start, end, sink) {
    decoder.lastId = id;
    decoder.leaving = false;
    do {
      const value = checkLength(valueOf(text, start + 5, end), maxPacketBytes);
      if (value === endData) finish(sink);
      else sink.packet(decodeData(value), undefined, id || undefined);
      start = end + 2;
      end = text.indexOf('\n', start);
    } while (!hasEnded && isWholeEvent(text, start, end));
    return start - 1;
  }

  /** @param {Sink} sink */
  function dispatch(sink) {
    const value = data;
    const name = event;
    data = undefined;
    event = '';
    // The id of a failure is not kept: a client that sent it would be told that there is nothing more.
    if (name === 'error' && value !== undefined) throw Object.assign(serverError(parseOrKeep(value)), { lastId: id });
    decoder.lastId = id;
    if (value === undefined) return;
    decoder.leaving = false;
    if (value === endData) finish(sink);
    // Others may say there what is not JSON.
    else if (name === endEvent)
      finish(sink, value === '' ? undefined : (end && !asText ? parseOrKeep : decodeData)(value));
    else sink.packet((name === 'gap' && !end ? parse : decodeData)(value), name || undefined, id || undefined);
  }

  /**
   * @param {Sink} sink
   * @param {unknown} [result]
   */
  function finish(sink, result) {
    hasEnded = true;
    sink.done(result);
  }

  /**
   * Turns every line end into an LF.
   *
   * @param {string} text
   * @param {Sink} sink
   */
  function normalize(text, sink) {
    if (!text) return;
    const rest = isAfterCR && text[0] === '\n' ? text.slice(1) : text;
    isAfterCR = text.endsWith('\r');
    onText(rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest, sink);
  }

  const decoder = {
    ...textDecoder(normalize, sink => {
      if (hasEnded) return;
      if (end !== 'eof') throw truncated();
      sink.done(undefined);
    }),
    lastId,
    retry: /** @type {number | undefined} */ (undefined),
    leaving: false,
  };
  return decoder;
}

/**
 * The value of a field, without one leading space.
 *
 * @param {string} text
 * @param {number} at
 * @param {number} end
 */
function valueOf(text, at, end) {
  const SPACE = 32;
  return text.slice(text.charCodeAt(at) === SPACE ? at + 1 : at, end);
}

/**
 * Whether this line holds data and the next one is blank.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function isWholeEvent(text, start, end) {
  const LF = 10;
  return end > 0 && text.charCodeAt(end + 1) === LF && isData(text, start);
}

/**
 * Whether a data line begins here. `startsWith` is measurably slower, and this runs for every packet.
 *
 * @param {string} text
 * @param {number} at
 */
function isData(text, at) {
  const D = 100;
  const A = 97;
  const T = 116;
  const COLON = 58;
  return (
    text.charCodeAt(at) === D &&
    text.charCodeAt(at + 1) === A &&
    text.charCodeAt(at + 2) === T &&
    text.charCodeAt(at + 3) === A &&
    text.charCodeAt(at + 4) === COLON
  );
}

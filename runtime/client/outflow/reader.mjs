// Reads a response's body and keeps what was found in it until somebody takes it.

import { StreamError } from './error.mjs';
import { within } from './timing.mjs';

/**
 * @import { Decoder } from '../decoders.js'
 * @import { Ending } from './outcome.mjs'
 */

/** @typedef {{ data: any, event?: string, id?: string }} Packet */

/** How long a server that has sent the end may take to close the body. */
const LINGER_MS = 1000;

/**
 * One read is always pending, because WebKit holds a piece back when there is none. No more than one piece is
 * decoded and one waits behind it, so a consumer that does not take makes the server wait.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {Decoder} decoder
 * @param {number | undefined} idleTimeout
 * @param {(bytes: number) => void} onBytes Told of every piece before it is decoded.
 */
export function readBody(body, decoder, idleTimeout, onBytes) {
  const reader = body.getReader();
  /** @type {(Packet | Ending)[]} */
  let found = [];
  let taken = 0;
  let pending = read();
  /** @type {Promise<void> | undefined} */
  let filling;

  /** @type {import('../decoders.js').Sink} */
  const sink = {
    packet: (data, event, id) => found.push({ data, event, id }),
    done: result => found.push({ state: 'done', result }),
  };

  function read() {
    const piece = within(idleTimeout, 'idle', reader.read()).catch(cause => {
      throw cause instanceof StreamError ? cause : new StreamError('network', 'The connection broke.', { cause });
    });
    piece.catch(() => {}); // somebody looks at it later; until then it is no unhandled rejection
    return piece;
  }

  const isEmpty = () => taken === found.length;

  async function findMore() {
    while (isEmpty()) {
      found = [];
      taken = 0;
      try {
        const { done, value } = await pending;
        if (done) {
          decoder.end(sink);
        } else {
          pending = read();
          onBytes(value.length);
          decoder.push(value, sink);
        }
      } catch (error) {
        found.push({ state: 'failed', error });
      }
    }
    filling = undefined;
  }

  /** Gives the body up. A pending `fill` is answered. */
  function cancel() {
    reader.cancel().catch(() => {}); // it tells of a failure that the read tells of too
  }

  return {
    cancel,
    /** Whether there is nothing to take before `fill` has been waited for. */
    isEmpty,
    /** Waits until there is something to take. Several may wait at a time. It never rejects. */
    fill: () => (filling ??= findMore()),
    /** Takes what was found next. Nothing comes after an ending. */
    take: () => found[taken++],
    /**
     * Lets the body end by itself after the stream's last record. Cutting it off there would cost the connection,
     * and the server would think that its client had left.
     */
    linger() {
      within(LINGER_MS, 'idle', pending).then(cancel, cancel);
    },
  };
}

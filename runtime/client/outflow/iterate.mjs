// The iterator of a stream.

/**
 * Makes an iterator that yields the packets and returns the result. Leaving it early aborts the stream.
 *
 * @template T
 * @param {() => Promise<{ packet?: T } | void>} pull Resolves with the next packet, with a gap, or with nothing at the end.
 * @param {() => void} abort
 * @param {Promise<any>} result
 */
export function iterate(pull, abort, result) {
  /** Whether the caller has left. Then it gets no error. */
  let hasLeft = false;
  const packets = (async function* () {
    try {
      for (let next; (next = await pull());) if ('packet' in next) yield next.packet;
      return hasLeft ? undefined : await result;
    } finally {
      abort();
    }
  })();
  // A generator answers a pending `next` before `return`, but the next packet may never come.
  const leave = packets.return.bind(packets);
  packets.return = value => {
    hasLeft = true;
    abort();
    return leave(value);
  };
  return packets;
}

// Web Locks of one browser, for tabs in one process.

/** Makes a lock manager for `navigator.locks`, with what the tests do of these: exclusive locks, signals and theft. */
export function createLocks() {
  /** The requests of each name, in order. The first one has the lock. */
  const queues = new Map();
  const aborted = () => new DOMException('aborted', 'AbortError');

  function grant(name) {
    const [first] = queues.get(name);
    if (!first || first.isHeld) return;
    first.isHeld = true;
    setTimeout(async () => {
      const value = await first.callback({ name });
      if (queues.get(name)[0] === first) {
        queues.get(name).shift();
        grant(name);
      }
      first.resolve(value);
    });
  }

  return {
    /** Whether somebody has the lock, and the number of those who wait. */
    query: () => [...queues.values()].map(queue => queue.length),
    request(name, { signal, steal }, callback) {
      if (signal && steal) throw new DOMException('both', 'NotSupportedError');
      if (!queues.has(name)) queues.set(name, []);
      const queue = queues.get(name);
      return new Promise((resolve, reject) => {
        const request = { callback, resolve, isHeld: false };
        if (steal) {
          if (queue[0]?.isHeld) queue.shift().reject(aborted());
          queue.unshift(request);
        } else {
          queue.push(request);
        }
        request.reject = reject;
        signal?.addEventListener('abort', () => {
          if (request.isHeld) return;
          queue.splice(queue.indexOf(request), 1);
          reject(signal.reason);
        });
        grant(name);
      });
    },
  };
}

// A warning for pages that come close to what browsers allow over HTTP/1.1. Loaded when there are that many streams.

let isTold = false;

/**
 * Warns once, when many streams go to one origin and its connections are known to be of HTTP/1.1.
 *
 * @param {string[]} urls Of the streams that are open.
 * @param {number} many
 */
export function crowd(urls, many) {
  const { document, location } = globalThis;
  if (isTold || !location) return; // Node has no such limit
  // What `fetch` goes by: the address of an `<iframe srcdoc>` is no base.
  const base = document?.baseURI ?? location.href;
  const origins = urls.map(url => new URL(url, base).origin);
  // What was loaded before tells how: an answer that still comes is not listed. Another origin may keep it to itself.
  const entries = ['navigation', 'resource'].flatMap(type => performance.getEntriesByType(type));
  const crowded = origins.find(
    origin =>
      origins.filter(other => other === origin).length >= many &&
      entries.some(
        entry =>
          /** @type {PerformanceResourceTiming} */ (entry).nextHopProtocol === 'http/1.1' &&
          new URL(entry.name).origin === origin,
      ),
  );
  if (!crowded) return;
  isTold = true;
  console.warn(
    `outflow: ${many} streams from ${crowded} are open over HTTP/1.1. Browsers allow six connections, over all tabs; ` +
      'what comes after them waits. Offer HTTP/2, or leave streams that nobody looks at.',
  );
}

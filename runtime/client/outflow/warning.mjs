// A warning for pages that are close to the number of connections that browsers allow over HTTP/1.1.

let hasWarned = false;

/**
 * Warns once when that many streams go to one origin and its connections are known to use HTTP/1.1.
 *
 * @param {Iterable<string>} urls The URLs of the open streams.
 * @param {number} limit
 */
export function warn(urls, limit) {
  const { document, location } = globalThis;
  if (hasWarned || !location) return; // Node has no such limit
  // `fetch` resolves against this: the address of an `<iframe srcdoc>` cannot be a base.
  const base = document?.baseURI ?? location.href;
  const origins = Array.from(urls, url => new URL(url, base).origin);
  // A response that is still open is not listed, so earlier loads tell the protocol. Another origin may hide it.
  const entries = ['navigation', 'resource'].flatMap(type => performance.getEntriesByType(type));
  const crowded = origins.find(
    origin =>
      origins.filter(other => other === origin).length >= limit &&
      entries.some(
        entry =>
          /** @type {PerformanceResourceTiming} */ (entry).nextHopProtocol === 'http/1.1' &&
          new URL(entry.name).origin === origin,
      ),
  );
  if (!crowded) return;
  hasWarned = true;
  console.warn(
    `outflow: ${limit} streams from ${crowded} are open over HTTP/1.1. Browsers allow six connections across all ` +
      'tabs; further requests wait. Serve HTTP/2, or abort streams that are not shown.',
  );
}

// Observers of streams.

/** The limit of a wait, for a slow machine. It is half of the time that a file of tests has. */
const LIMIT_MS = 60_000;

/**
 * Waits for a condition. In vain, it fails with the condition, or with what `explain` says.
 *
 * @param {() => unknown} condition
 * @param {() => string | Promise<string>} [explain]
 */
export async function until(condition, explain = () => String(condition)) {
  const end = performance.now() + LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${await explain()}`);
    await new Promise(resolve => setTimeout(resolve, 1));
  }
}

/** Records all calls of a stream's handlers in order, and resolves with them after the end. */
export function recorded(stream) {
  const calls = [];
  return new Promise(resolve => {
    stream
      .progress(packet => calls.push(['progress', packet]))
      .done(result => calls.push(['done', result]))
      .fail(error => calls.push(['fail', error]))
      .always(() => {
        calls.push(['always']);
        // An unexpected further call would come soon.
        setTimeout(() => resolve(calls), 5);
      });
  });
}

/** Recorded calls in short: packets themselves, failures by their code, other calls by their name. */
export const names = calls =>
  calls.map(([name, value]) => (name === 'fail' ? value.code : name === 'progress' ? value : name));

/** The error a stream fails with. */
export function failure(stream) {
  return new Promise((resolve, reject) => {
    stream.fail(resolve).done(result => reject(new Error(`it was done, with ${JSON.stringify(result)}`)));
  });
}

/** Collects the errors that are reported during the test. */
export function reports(t) {
  const errors = [];
  const before = globalThis.reportError;
  globalThis.reportError = error => errors.push(error);
  t.after(() => {
    if (before) globalThis.reportError = before;
    else delete globalThis.reportError;
  });
  return errors;
}

/** Lets the event loop turn, after which unhandled rejections are known. */
export const turn = () => new Promise(resolve => setTimeout(resolve, 5));

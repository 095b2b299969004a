// What tests look at.

/** Waits for a condition; the test's own timeout is the limit. */
export async function until(condition) {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 1));
}

/** Writes down everything that a stream calls, in order, and gives it when the stream is over. */
export function recorded(stream) {
  const calls = [];
  return new Promise(resolve => {
    stream
      .progress(packet => calls.push(['progress', packet]))
      .done(result => calls.push(['done', result]))
      .fail(error => calls.push(['fail', error]))
      .always(() => {
        calls.push(['always']);
        // A call that should not be comes soon, if it comes.
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

/** Collects what is reported to nobody in particular while the test runs. */
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

/** One turn of the event loop, after which rejections that nobody handles are known. */
export const turn = () => new Promise(resolve => setTimeout(resolve, 5));

// The body: the steps as a format writes them.

import { END, RECORD } from './steps.mjs';

/**
 * @import { Format } from './formats.mjs'
 * @import { Step } from './steps.mjs'
 */

/**
 * Takes the steps one by one, as the client reads. A wait begins when the client has what comes before it.
 *
 * @param {Step[]} steps
 * @param {Format} format
 * @param {any} [cursor] The number of the last record that the client has of a run.
 */
export function bodyOf(steps, format, cursor) {
  let at = 0;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  /** @type {Promise<void> | 0} */
  let waiting;
  const start = () => {
    let ms = 0;
    while (steps[at][0] === 'wait') ms += steps[at++][1];
    waiting = ms && new Promise(resolve => (timer = setTimeout(resolve, ms)));
  };
  return new ReadableStream(
    {
      start,
      async pull(controller) {
        await waiting;
        const [kind, value, step] = steps[at++];
        if (kind === 'stall') return new Promise(() => {});
        const number = RECORD.test(kind) && cursor >= 0 ? ++cursor : undefined;
        const text = format[kind]?.(value, number, step);
        if (text === undefined) throw new TypeError('cut');
        if (text) controller.enqueue(new TextEncoder().encode(text));
        if (END.test(kind) || kind === 'comeBack') controller.close();
        else start();
      },
      cancel: () => clearTimeout(timer),
    },
    // A body that breaks off loses what has not been read, so nothing is taken before it is read.
    { highWaterMark: 0 },
  );
}

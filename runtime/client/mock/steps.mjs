// The steps of a mock: their checks, and their rest for a client that comes back.

/** @typedef {[kind: string, value: any, step: any]} Step A step that has been checked. */

/** Kinds that have a number in a run. */
export const RECORD = /packet|raw|gap|done|fail|shutdown/;
/** Kinds that end the stream. */
export const END = /done|fail|shutdown/;
/** Kinds that end only the connection. */
const BREAK = /cut|stall|comeBack/;

/**
 * An example of each member that a step may have. Up to `shutdown`, one of them makes the step.
 *
 * @type {Record<string, unknown>}
 */
const EXAMPLES = {
  packet: 1,
  raw: 'text',
  gap: {},
  wait: 50,
  heartbeat: true,
  done: 1,
  fail: { status: 409 },
  cut: true,
  stall: true,
  comeBack: 50,
  shutdown: true,
  event: 'text',
  id: '1',
  retry: 50,
  headers: {},
};
const KINDS = Object.keys(EXAMPLES).slice(0, 11);
/** Mistakes among the values of the right type: names that the server itself uses, and numbers out of range. */
const MISTAKE = /^(event:(done|error)|id:outflow-end|(wait|comeBack|retry):(?!\d+$).*|fail:(?![45]..$).*)$/;

/**
 * Checks the steps, and adds the end if they have none.
 *
 * @param {readonly any[]} steps
 * @param {unknown} isRun
 * @returns {Step[]}
 */
export function read(steps, isRun) {
  let kind = '';
  const all = steps.map((step, at) => {
    const refuse = (/** @type {string} */ what) => {
      throw new TypeError(`mockStream: wrong ${what} in steps[${at}]; right: ${JSON.stringify(EXAMPLES)}`);
    };
    const [own, more] = KINDS.filter(name => name in Object(step));
    if (!own || more) refuse('kind');
    if (END.test(kind)) refuse('order');
    for (const [name, value] of Object.entries(step)) {
      const isRight =
        name === 'done' ||
        (name === 'packet'
          ? JSON.stringify(value)
          : typeof value === typeof EXAMPLES[name] && !MISTAKE.test(`${name}:${value?.status ?? value}`));
      if (!isRight || (isRun && name === 'id')) refuse(name);
    }
    kind = own;
    return /** @type {Step} */ ([own, step[own], step]);
  });
  if (!END.test(kind) && !BREAK.test(kind)) all.push(['done', undefined, {}]);
  return all;
}

/**
 * Returns the steps for a client that comes back, without the breaks before its next record, which have ended its
 * earlier connections. A break that nothing follows stays.
 *
 * @param {any} steps
 * @returns {Step[]}
 */
export function comeBack(steps) {
  // If no record follows, these are all steps but the last one.
  const before = steps.slice(
    0,
    steps.findIndex((/** @type {Step} */ [kind]) => RECORD.test(kind)),
  );
  return steps.slice(before.findLastIndex((/** @type {Step} */ [kind]) => BREAK.test(kind)) + 1);
}

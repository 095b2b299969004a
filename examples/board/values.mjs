// The values: all tabs of a browser read them over one connection, and each shows them in its own grid.

import { stream } from '/outflow.mjs';

/**
 * @import { PacketStream, StateChange } from 'outflow'
 * @typedef {{ name: string, value: number }} Value
 */

const still = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Follows the values.
 *
 * @param {HTMLElement} grid
 * @param {(change: StateChange) => void} onState
 */
export function follow(grid, onState) {
  /** The place of each value. @type {Map<string, HTMLElement>} */
  const places = new Map();
  /** Settles when the values are shown that came before the stream. @type {Promise<void> | undefined} */
  let loaded;

  const values = /** @type {PacketStream<Value>} */ (stream('/board/values', { shared: true, reconnect: true }));
  values
    .progress(async value => {
      // Another tab may have read the state, so each loads it, and the changes wait until it has.
      await (loaded ??= load());
      show(value);
    })
    .gap(() => (loaded = undefined))
    .fail(() => {}) // the state tells it
    .onState(onState);

  async function load() {
    try {
      const response = await fetch('/board/now');
      for (const value of await response.json()) show(value);
    } catch {
      loaded = undefined; // the server went away: again with the next change
    }
  }

  /** @param {Value} packet */
  function show({ name, value }) {
    const place = places.get(name) ?? add(name);
    const before = place.textContent;
    if (before === String(value)) return;
    place.textContent = String(value);
    if (before && !still.matches) {
      const colour = value > Number(before) ? 'var(--up)' : 'var(--down)';
      place.animate({ background: [colour, 'transparent'] }, 900);
    }
  }

  /** @param {string} name */
  function add(name) {
    const [item, label, place] = ['li', 'span', 'b'].map(tag => document.createElement(tag));
    label.textContent = name;
    item.append(label, place);
    grid.append(item);
    places.set(name, place);
    return place;
  }
}

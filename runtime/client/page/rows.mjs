// The list of packets: the newest only, drawn once a frame, so that a long stream stays fast.

import { button, el } from './dom.mjs';

/** So many packets are in view. */
const MOST = 500;
/** A longer packet is shown in part. */
const LONGEST_PACKET = 2000;

export class Rows {
  #list = el('ol', null);
  #dropped = el('p', { class: 'dropped', hidden: true });
  #view = el(
    'div',
    { class: 'rows', role: 'log', 'aria-live': 'off', 'aria-label': 'Packets', tabindex: 0 },
    this.#list,
  );
  /** @type {[ms: number, index: number, event: string | undefined, packet: unknown][]} */
  #waiting = [];
  #frame = 0;
  #changed;

  count = 0;
  node = el('div', { class: 'packets', hidden: true }, this.#dropped, this.#view);

  /** @param {() => void} changed Called when other packets are in view. */
  constructor(changed) {
    this.#changed = changed;
  }

  clear() {
    this.count = 0;
    this.#waiting = [];
    this.#list.replaceChildren();
    this.#dropped.hidden = this.node.hidden = true;
  }

  /** @param {number} ms @param {string | undefined} event @param {unknown} packet */
  add(ms, event, packet) {
    this.#waiting.push([ms, this.count++, event, packet]);
    // A hidden page draws no frames.
    if (this.#waiting.length > 2 * MOST) this.#waiting.splice(0, MOST);
    this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#waiting.length) return;
    const view = this.#view;
    this.node.hidden = false;
    const isAtEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 40;
    const rows = this.#waiting.slice(-MOST).map(packet => row(...packet));
    this.#waiting = [];
    const tooMany = this.#list.childElementCount + rows.length - MOST;
    for (let left = tooMany; left > 0; left--) this.#list.firstElementChild?.remove();
    this.#list.append(...rows);
    const dropped = this.count - this.#list.childElementCount;
    this.#dropped.hidden = !dropped;
    this.#dropped.textContent = `${dropped.toLocaleString('en')} earlier packets are no longer in view`;
    if (isAtEnd) view.scrollTop = view.scrollHeight;
    this.#changed();
  }
}

/** @returns {HTMLElement} */
function row(ms, index, event, packet) {
  const text = typeof packet === 'string' ? packet : JSON.stringify(packet);
  const data = el('code', null, text.slice(0, LONGEST_PACKET));
  const more =
    text.length > LONGEST_PACKET &&
    button(`Show all ${text.length.toLocaleString('en')} characters`, () => {
      data.textContent = text;
      more.remove();
    });
  return el(
    'li',
    null,
    el('time', { title: `Packet ${index + 1}` }, (ms / 1000).toFixed(2)),
    el('div', null, event && el('b', null, event), data, more),
  );
}

// The room: who is there. Each tab is a guest of its own, so each has its own connection.

import { stream } from '/outflow.mjs';

/**
 * @import { PacketStream } from 'outflow'
 * @typedef {{ id: string, card: { name: string } }} Member
 * @typedef {{ joined?: Member, left?: Member }} Presence
 */

/**
 * Enters the room, and shows who is there. Returns how to leave.
 *
 * @param {HTMLElement} list
 * @param {{ id: string, name: string }} guest
 */
export function enter(list, guest) {
  /** @type {Map<string, string>} */
  const people = new Map();
  const room = /** @type {PacketStream<Presence>} */ (stream('/board/room', { query: { ...guest }, reconnect: true }));
  room
    .progress(({ joined, left }) => {
      if (joined) people.set(joined.id, joined.card.name);
      if (left) people.delete(left.id);
      show();
    })
    .fail(() => {}) // by leaving, or with the values
    .onState(({ state }) => {
      if (state === 'open') people.clear(); // each connection begins with all who are there
    });
  return () => room.abort();

  function show() {
    const items = [...people].map(([id, name]) => {
      const item = document.createElement('li');
      item.textContent = id === guest.id ? `${name} (you)` : name;
      return item;
    });
    list.replaceChildren(...items);
  }
}

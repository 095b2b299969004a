// The board: the values, the people who look at them, and the state of the connection.

import { enter } from './room.mjs';
import { follow } from './values.mjs';

/** @import { StateChange } from 'outflow' */

/** @type {(id: string) => any} */
const at = id => document.getElementById(id);

const WORDS = {
  connecting: 'Connecting…',
  open: 'Live',
  reconnecting: 'Reconnecting…',
  done: 'Ended',
  failed: 'Failed',
  aborted: 'Stopped',
};

follow(at('values'), (/** @type {StateChange} */ { state, error }) => {
  document.body.dataset.state = state;
  at('state').textContent = WORDS[state];
  at('trouble').textContent = state === 'failed' ? `${error?.message} Load the page again.` : '';
});

// Kept by this tab, so that it is still the same guest after a reload.
const guest = JSON.parse(sessionStorage.getItem('guest') ?? 'null') ?? {
  id: Math.random().toString(36).slice(2),
  name: ['Heron', 'Otter', 'Kingfisher', 'Beaver', 'Dipper'][Math.floor(Math.random() * 5)],
};

let leave = () => {};

function join() {
  leave();
  sessionStorage.setItem('guest', JSON.stringify(guest));
  leave = enter(at('people'), guest);
}

at('name').value = guest.name;
at('name').onchange = () => {
  guest.name = at('name').value.trim() || guest.name;
  at('name').value = guest.name;
  join();
};
join();

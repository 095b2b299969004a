// The list of actions by tag, with a filter.

import { el } from './dom.mjs';

/** @import { Action, Spec } from './spec.mjs' */

export const hashOf = (/** @type {Action} */ action) => `#${encodeURIComponent(action.id)}`;

/** @param {Spec} spec */
export function nav(spec) {
  /** @type {Map<string, Action[]>} */
  const tags = new Map();
  for (const action of spec.actions) tags.set(action.tag, [...(tags.get(action.tag) ?? []), action]);
  const none = el('p', { class: 'about', role: 'status' });
  /** @type {{ link: any, item: any, text: string, action: Action }[]} */
  const items = [];
  const groups = [...tags].map(([tag, actions]) => {
    const entries = actions.map(action => {
      const link = el(
        'a',
        { href: hashOf(action), class: action.deprecated && 'deprecated' },
        method(action),
        el(
          'span',
          null,
          action.path.split(/(?<=\/)/).flatMap(part => [part, el('wbr', null)]),
        ),
        action.summary && el('small', null, action.summary),
      );
      const item = el('li', null, link);
      const text = `${action.method} ${action.path} ${action.summary ?? ''} ${tag} ${action.id}`.toLowerCase();
      items.push({ link, item, text, action });
      return item;
    });
    return el('section', null, tag && el('h2', null, tag), el('ul', null, entries));
  });
  const filter = el('input', {
    type: 'search',
    placeholder: 'Filter actions',
    'aria-label': 'Filter actions',
    input: () => {
      const words = filter.value.toLowerCase().split(/\s+/);
      for (const { item, text } of items) item.hidden = !words.every(word => text.includes(word));
      for (const group of groups) group.hidden = !group.querySelector('li:not([hidden])');
      none.textContent = groups.every(group => group.hidden) ? 'No action has these words.' : '';
    },
  });
  return {
    node: el('nav', { 'aria-label': 'Actions' }, filter, none, groups),
    /** @param {Action} [action] */
    mark(action) {
      for (const item of items) {
        if (item.action === action) item.link.setAttribute('aria-current', 'page');
        else item.link.removeAttribute('aria-current');
      }
    },
  };
}

/** @param {Action} action */
export const method = action => el('b', { class: `method ${action.method.toLowerCase()}` }, action.method);

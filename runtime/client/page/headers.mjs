// Headers that the user adds to every request, such as `Authorization`, and the schemes that the document names.

import { button, el, fill } from './dom.mjs';
import { remove } from './groups.mjs';
import { load, save } from './store.mjs';

/** @import { Spec } from './spec.mjs' */

export class Headers {
  /** @type {[name: string, value: string][]} */
  values = load('headers') ?? [];
  #list = el('div', { class: 'items' });
  #count = el('small', null);
  node;

  /** @param {Spec} spec */
  constructor(spec) {
    const schemes = Object.entries(spec.schemes).map(([name, written]) => this.#scheme(name, spec.resolve(written)));
    this.node = el(
      'details',
      { class: 'headers' },
      el('summary', null, 'Headers ', this.#count),
      el(
        'div',
        { class: 'sheet' },
        el('p', { class: 'about' }, 'Sent with every request. Kept in this tab until you close it.'),
        this.#list,
        button('Add a header', () => this.#add(['', '']), { class: 'quiet' }),
        schemes.length > 0 && [el('h3', null, 'Named by the API'), el('ul', { class: 'schemes' }, schemes)],
      ),
    );
    const close = () => (this.node.open = false);
    this.node.addEventListener('keydown', event => {
      if (event.key !== 'Escape') return;
      close();
      this.node.firstElementChild.focus();
    });
    addEventListener('pointerdown', event => {
      if (!event.composedPath().includes(this.node)) close();
    });
    this.#show();
  }

  #scheme(name, scheme) {
    const { type, in: place } = scheme;
    const kind = type === 'http' ? scheme.scheme : type;
    const header = type === 'apiKey' ? place === 'header' && scheme.name : type !== 'mutualTLS' && 'Authorization';
    const start = type === 'apiKey' ? '' : /basic/i.test(kind) ? 'Basic ' : 'Bearer ';
    return el(
      'li',
      null,
      el('b', null, name),
      ` ${type === 'apiKey' ? `key in ${place} ${scheme.name}` : kind}`,
      scheme.description && `: ${scheme.description}`,
      header && [
        ' ',
        button(`Add ${header}`, () => this.#add([header, start]), {
          class: 'quiet',
          'aria-label': `Add ${header} for ${name}`,
        }),
      ],
    );
  }

  #add(pair) {
    this.values.push(pair);
    this.#show();
    const inputs = this.#list.lastElementChild.querySelectorAll('input');
    inputs[pair[0] ? 1 : 0].focus();
  }

  #show() {
    const rows = this.values.map((pair, index) => {
      const input = (at, label, more) =>
        el('input', {
          type: 'text',
          value: pair[at],
          'aria-label': label,
          placeholder: label,
          autocomplete: 'off',
          spellcheck: 'false',
          ...more,
          input: event => {
            pair[at] = event.target.value.trim();
            this.#keep();
          },
        });
      const drop = () => {
        this.values.splice(index, 1);
        this.#show();
      };
      // What a field name is made of (RFC 9110, section 5.6.2).
      const name = input(0, 'Name', { pattern: "[\\w!#$%&'*+.^`\\|~\\-]+" });
      return el(
        'div',
        { class: 'item' },
        el('div', { class: 'part' }, name, input(1, 'Value')),
        remove('header', drop),
      );
    });
    fill(this.#list, rows);
    this.#keep();
  }

  #keep() {
    const named = this.values.filter(([name]) => name);
    this.#count.textContent = named.length ? String(named.length) : '';
    save('headers', named.length ? named : undefined);
  }
}

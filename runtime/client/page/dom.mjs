// Elements made by calls. All text goes in as text nodes, so nothing from a document or a packet becomes markup.

/** @typedef {any} Child A node, text, a list of them, or nothing. */

/**
 * Makes an element. A property that is a function listens to that event; `true` is an attribute without a value.
 *
 * @param {string} tag
 * @param {Record<string, any> | null} [properties]
 * @param {...Child} children
 * @returns {any}
 */
export function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...kept(children));
  return element;
}

/** Puts children in place of those that an element has. @param {Element} element @param {...Child} children */
export const fill = (element, ...children) => element.replaceChildren(...kept(children));

/** A button that does not send its form. @param {string} text @param {() => unknown} click @param {object} [more] */
export const button = (text, click, more) => el('button', { type: 'button', click, ...more }, text);

let ids = 0;
/** An id for an element that a label or a description names. */
export const newId = () => `f${++ids}`;

/** @param {any[]} children */
const kept = children =>
  children
    .flat(Infinity)
    .filter(child => child || child === 0)
    .map(child => (child instanceof Node ? child : `${child}`));

/** The paragraphs of a doc comment, with what stands between backticks as code. @param {string} [text] */
export const prose = text =>
  (text ?? '')
    .split(/\n{2,}/)
    .filter(Boolean)
    .map(paragraph => el('p', null, inline(paragraph)));

/** @param {string} text */
export const inline = text => text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? el('code', null, part) : part));

// Form fields made from schemas. Each has a node, and reads the value that is in it: `undefined` where it is left out.

import { el, fill, inline, newId } from './dom.mjs';
import { grouped } from './groups.mjs';

/** @import { Spec } from './spec.mjs' */

/** @typedef {{ node: Element | Element[], read: () => any }} Field */

/**
 * What a field is for.
 *
 * @typedef {object} Place
 * @property {Spec} spec
 * @property {string} label
 * @property {boolean} [required]
 * @property {boolean} [bare] Whether the label is for screen readers only.
 * @property {any} [value] What it starts with.
 * @property {number} [depth]
 * @property {string} [note] What else to say of it.
 * @property {boolean} [short] Whether its text has one line.
 */

/** Deeper than this, schemas may go on for ever. */
const DEPTH = 6;

/**
 * @param {any} written
 * @param {Place} place
 * @returns {Field}
 */
export function field(written, place) {
  const schema = place.spec.schema(written);
  const value = place.value ?? schema.default ?? schema.examples?.[0];
  const here = { depth: 0, ...place, value };
  if ('const' in schema) return { node: [], read: () => schema.const };
  const choices = choicesOf(schema, place.spec);
  if (choices) return chosen(schema, choices, here);
  if (here.depth > DEPTH) return json(schema, here);
  const group = grouped(schema, here);
  if (group) return group;
  if (schema.type === 'boolean') return boolean(schema, here);
  if (schema.type === 'integer' || schema.type === 'number') return number(schema, here);
  if (schema.type === 'string') return string(schema, here);
  if (schema.type === 'null') return { node: [], read: () => null };
  return json(schema, here);
}

/**
 * A control with its label and what the schema says of it.
 *
 * @param {any} control
 * @param {any} schema
 * @param {Partial<Place>} place
 * @param {string} [type]
 */
export function labelled(control, schema, { label, required, bare, note }, type) {
  const id = (control.id = newId());
  const about = [schema.description, note].filter(Boolean).join(' ');
  if (about) control.setAttribute('aria-describedby', `${id}a`);
  if (required) control.required = true;
  if (bare) control.placeholder ||= label;
  return el(
    'div',
    { class: 'field' },
    el(
      'label',
      { for: id, class: bare && 'unseen' },
      el('span', null, label),
      required && el('i', { 'aria-hidden': 'true', title: 'required' }, '*'),
      type && el('small', null, type),
    ),
    control,
    about && el('p', { id: `${id}a`, class: 'about' }, inline(about)),
  );
}

/** What a field gives that is left empty. */
const empty = (schema, { required }) => (schema.nullable && required ? null : undefined);

const range = ({ minimum, maximum }) => {
  const isWhole = [minimum, maximum].every(limit => limit == null || Math.abs(limit) <= Number.MAX_SAFE_INTEGER);
  return isWhole ? { min: minimum, max: maximum } : {};
};

function number(schema, place) {
  const isInteger = schema.type === 'integer';
  const step = schema.multipleOf ?? (isInteger ? 1 : 'any');
  const control = el('input', { type: 'number', step, value: place.value, ...range(schema), inputmode: 'decimal' });
  const node = labelled(control, schema, { ...place, required: place.required && !schema.nullable }, typeName(schema));
  return { node, read: () => (control.value === '' ? empty(schema, place) : exact(control.value)) };
}

/** A number with all of its digits, where the browser can send them. @param {string} text */
function exact(text) {
  const value = Number(text);
  const raw = /** @type {any} */ (JSON).rawJSON;
  return Number.isInteger(value) && !Number.isSafeInteger(value) && raw ? raw(text) : value;
}

const INPUTS = { date: 'date', time: 'time', email: 'email', password: 'password' };

function string(schema, place) {
  const { format, minLength, maxLength, pattern } = schema;
  const isMoment = format === 'date-time';
  // Text may go over lines, where the schema has no form for it.
  const control =
    format || pattern || maxLength < 80 || place.short
      ? el('input', {
          type: INPUTS[format] ?? 'text',
          minlength: minLength,
          maxlength: maxLength,
          pattern,
          spellcheck: 'false',
          autocomplete: 'off',
          placeholder: isMoment && '2026-01-31T12:00:00Z',
        })
      : el('textarea', { rows: 1, minlength: minLength, maxlength: maxLength });
  if (place.value != null) control.value = place.value;
  const isNeeded = place.required && !schema.nullable && (minLength > 0 || format || place.short);
  const node = labelled(control, schema, { ...place, required: isNeeded }, typeName(schema));
  // An empty text is a text, where the value may not be left out.
  const read = () => (control.value || (place.required && !schema.nullable) ? control.value : empty(schema, place));
  return { node, read };
}

const typeName = schema => [schema.format ?? schema.type, schema.nullable && 'or null'].filter(Boolean).join(' ');

function boolean(schema, place) {
  if (!place.required || schema.nullable) return chosen(schema, [{ value: true }, { value: false }], place);
  const control = el('input', { type: 'checkbox' });
  control.checked = place.value === true;
  const node = labelled(control, schema, { ...place, required: false });
  node.classList.add('check');
  return { node, read: () => control.checked };
}

/** The values of an enum, or `undefined` if the schema is no enum. */
function choicesOf(schema, spec) {
  if (schema.enum) return schema.enum.filter(value => value !== null).map(value => ({ value }));
  const options = schema.oneOf?.map(one => spec.schema(one));
  if (!options?.every(one => 'const' in one || one.enum)) return;
  return options.flatMap(one => (one.enum ?? [one.const]).map(value => ({ value, about: one.description })));
}

function chosen(schema, choices, place) {
  const mayBeEmpty = !place.required || schema.nullable;
  const control = el(
    'select',
    null,
    mayBeEmpty && el('option', { value: '' }, place.required ? 'null' : '–'),
    choices.map(({ value, about }, index) =>
      el(
        'option',
        { value: index, selected: value === place.value },
        about ? `${value} – ${about.split('\n')[0]}` : String(value),
      ),
    ),
  );
  const node = labelled(control, schema, { ...place, required: place.required && !schema.nullable });
  return { node, read: () => (control.value === '' ? empty(schema, place) : choices[control.value].value) };
}

/** Any JSON, as text. */
export function json(schema, place) {
  const text = place.value === undefined ? '' : JSON.stringify(place.value, null, 2);
  const control = el('textarea', { class: 'code', rows: 3, spellcheck: 'false', placeholder: 'JSON' });
  control.value = text;
  const parse = () => {
    if (!control.value.trim()) return empty(schema, place);
    return JSON.parse(control.value);
  };
  control.addEventListener('input', () => {
    let trouble = '';
    try {
      parse();
    } catch (error) {
      trouble = `Not JSON: ${/** @type {Error} */ (error).message}`;
    }
    control.setCustomValidity(trouble);
  });
  return { node: labelled(control, schema, place, 'JSON'), read: parse };
}

/** A choice between forms of a value: `oneOf` with a select. */
export function variants(schema, place, names) {
  const area = el('div', { class: 'variant' });
  /** @type {Field} */
  let inner;
  const show = (index, value) => {
    inner = field(schema.oneOf[index], { ...place, label: names[index], value, depth: place.depth + 1, bare: true });
    fill(area, inner.node);
  };
  const fits = schema.oneOf.findIndex(one => looksLike(place.spec.schema(one), place.value));
  const control = el(
    'select',
    { change: () => (control.value === '' ? fill(area) : show(control.value)) },
    (!place.required || schema.nullable) && el('option', { value: '' }, place.required ? 'null' : '–'),
    names.map((name, index) => el('option', { value: index, selected: index === fits }, name)),
  );
  if (control.value !== '') show(control.value, place.value);
  const node = [labelled(control, schema, { ...place, required: false }), area];
  return { node, read: () => (control.value === '' ? empty(schema, place) : inner.read()) };
}

/** Whether a value may have been made with this variant. */
function looksLike(schema, value) {
  if (value === undefined) return false;
  if (schema.const !== undefined) return schema.const === value;
  if (Array.isArray(value)) return schema.type === 'array';
  if (typeof value !== 'object' || !value) return schema.type === typeof value;
  const { required = [], properties = {} } = schema;
  return (
    schema.type === 'object' &&
    required.every(name => name in value && (properties[name]?.const ?? value[name]) === value[name])
  );
}

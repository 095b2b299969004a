// Fields that hold others: objects, maps, arrays, and the choice between forms of a value.

import { button, el, fill } from './dom.mjs';
import { field, variants } from './fields.mjs';

/** @import { Field, Place } from './fields.mjs' */

/**
 * The field for a schema that holds others, or `undefined` if it holds none.
 *
 * @param {any} schema
 * @param {Place & { depth: number }} place
 * @returns {Field | undefined}
 */
export function grouped(schema, place) {
  const make = groupOf(schema);
  if (!make) return;
  if (make === choice) return choice(schema, place);
  // A list without items is left out without further ado.
  const isList = make === array || make === map;
  if ((place.required || isList) && !schema.nullable) return make(schema, place);
  if (place.depth === 0) return make(schema, place);
  return left(schema, place, make);
}

function groupOf(schema) {
  if (schema.oneOf) return choice;
  if (schema.prefixItems) return tuple;
  if (schema.type === 'array') return array;
  const { properties, additionalProperties } = schema;
  if (properties || (schema.type === 'object' && additionalProperties === false)) return object;
  if (typeof additionalProperties === 'object') return map;
}

const titled = (place, ...children) =>
  place.bare && place.depth === 0
    ? el('div', { class: 'group top' }, children)
    : el('fieldset', { class: 'group' }, el('legend', { class: place.bare && 'unseen' }, place.label), children);

/** A group that may be left out, and whose fields are made when it is added: a type may contain itself. */
function left(schema, place, make) {
  /** @type {Field | undefined} */
  let inner;
  const area = el('div', { class: 'optional' });
  const add = value => {
    const made = (inner = make(schema, { ...place, value }));
    fill(area, made.node, button(`Leave out ${place.label}`, leave, { class: 'quiet' }));
  };
  const leave = () => {
    inner = undefined;
    fill(
      area,
      el('span', null, place.label),
      button('Add', () => add(undefined), { class: 'quiet', 'aria-label': `Add ${place.label}` }),
    );
  };
  if (place.value == null) leave();
  else add(place.value);
  return { node: area, read: () => (inner ? inner.read() : place.required ? null : undefined) };
}

function object(schema, place) {
  const fields = Object.entries(schema.properties ?? {}).map(([name, one]) => ({
    name,
    ...field(one, {
      spec: place.spec,
      label: name,
      required: schema.required?.includes(name),
      value: place.value?.[name],
      depth: place.depth + 1,
    }),
  }));
  const node = titled(
    place,
    fields.flatMap(one => one.node),
  );
  return { node, read: () => fromPairs(fields.map(({ name, read }) => [name, read()])) };
}

/** An object of the pairs that have a value. */
const fromPairs = pairs => Object.fromEntries(pairs.filter(([, value]) => value !== undefined));

function tuple(schema, place) {
  const fields = schema.prefixItems.map((one, index) =>
    field(one, {
      spec: place.spec,
      label: `${place.label} ${index + 1}`,
      required: true,
      value: place.value?.[index],
      depth: place.depth + 1,
    }),
  );
  return {
    node: titled(
      place,
      fields.flatMap(one => one.node),
    ),
    read: () => fields.map(one => one.read()),
  };
}

/** Rows that are added and removed. */
function rows(schema, place, noun, make) {
  const items = new Map();
  const list = el('div', { class: 'items' });
  const add = value => {
    const inner = make(value, items.size + 1);
    const row = el(
      'div',
      { class: 'item' },
      el('div', null, inner.node),
      remove(noun, () => drop(row)),
    );
    items.set(row, inner);
    list.append(row);
    return row;
  };
  const drop = row => {
    items.delete(row);
    row.remove();
    more.focus();
  };
  const more = button(`Add ${noun}`, () => add(undefined).querySelector('input, select, textarea')?.focus(), {
    class: 'quiet',
  });
  const read = () =>
    items.size || place.required || schema.nullable ? [...items.values()].map(inner => inner.read()) : undefined;
  return { node: titled(place, list, more), add, read };
}

/** A button that removes a row. @param {string} noun @param {() => unknown} drop */
export const remove = (noun, drop) => button('×', drop, { class: 'icon', 'aria-label': `Remove ${noun}` });

function array(schema, place) {
  const list = rows(schema, place, `to ${place.label}`, (value, number) =>
    field(schema.items ?? {}, {
      spec: place.spec,
      label: `${place.label} ${number}`,
      bare: true,
      required: true,
      value,
      depth: place.depth + 1,
    }),
  );
  const first = place.value ?? Array(schema.minItems ?? 0).fill(undefined);
  for (const value of first) list.add(value);
  return list;
}

function map(schema, place) {
  const list = rows(schema, place, `to ${place.label}`, pair => {
    const name = field(
      { type: 'string' },
      { spec: place.spec, label: 'Name', bare: true, required: true, value: pair?.[0], short: true },
    );
    const inner = field(schema.additionalProperties, {
      spec: place.spec,
      label: 'Value',
      bare: true,
      required: true,
      value: pair?.[1],
      depth: place.depth + 1,
    });
    return { node: [name.node, inner.node].flat(), read: () => [name.read(), inner.read()] };
  });
  for (const pair of Object.entries(place.value ?? {})) list.add(pair);
  return { node: list.node, read: () => list.read() && fromPairs(list.read()) };
}

function choice(schema, place) {
  const names = schema.oneOf.map((one, index) => nameOf(place.spec, one) ?? `Form ${index + 1}`);
  return variants(schema, place, names);
}

/** The name of a variant: its title, its tag, its only property, or its type. */
function nameOf(spec, written) {
  const schema = spec.schema(written);
  if (schema.title) return schema.title;
  if (schema.const !== undefined) return String(schema.const);
  const members = Object.entries(schema.properties ?? {});
  const tag = members.map(([, one]) => spec.schema(one).const).find(value => typeof value === 'string');
  if (tag) return tag;
  if (members.length === 1) return members[0][0];
  return written.$ref?.split('/').pop() ?? schema.type;
}

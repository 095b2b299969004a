// The part of the form for a request's body, by its content type.

import { button, el, fill, newId } from './dom.mjs';
import { field, labelled } from './fields.mjs';
import { remove } from './groups.mjs';

/** @import { Spec } from './spec.mjs' */

/**
 * A body as it is sent, and how `curl` takes it.
 *
 * @typedef {object} Body
 * @property {string} [type] The content type, unless the browser sets it.
 * @property {BodyInit} content
 * @property {string[]} curl
 * @property {boolean} [hasFile]
 */

/** @typedef {{ node: Element | Element[], read: () => Body | undefined }} BodyField */

/**
 * @param {Spec} spec
 * @param {any} body The request body of the document.
 * @returns {BodyField}
 */
export function bodyField(spec, body) {
  const types = Object.keys(body.content ?? {});
  const area = el('div', { class: 'body' });
  /** @type {BodyField} */
  let current;
  const show = type => {
    current = makeBody(spec, type, body.content[type], body.required !== false);
    fill(area, current.node);
  };
  show(types[0] ?? 'application/octet-stream');
  if (types.length < 2) return { node: area, read: () => current.read() };
  const control = el(
    'select',
    { change: () => show(control.value) },
    types.map(type => el('option', null, type)),
  );
  return { node: [labelled(control, {}, { label: 'Content type' }), area], read: () => current.read() };
}

/** @returns {BodyField} */
function makeBody(spec, type, { schema = {} } = {}, required) {
  if (/\bjson$/.test(type)) return jsonBody(spec, type, schema, required);
  if (type === 'multipart/form-data') return multipart(spec, schema);
  if (type === 'application/x-www-form-urlencoded') return form(spec, type, schema);
  if (type.startsWith('text/')) return text(type, schema);
  return bytesBody(type, schema);
}

/** A form, or the JSON itself: either starts with what was in the other. */
function jsonBody(spec, type, schema, required) {
  const name = newId();
  const place = { spec, label: 'Body', bare: true, required: true };
  let fields = field(schema, place);
  const editor = el('textarea', { class: 'code', rows: 10, spellcheck: 'false', 'aria-label': 'Body as JSON' });
  const trouble = el('p', { class: 'trouble', role: 'alert' });
  const area = el('div', null, fields.node);
  let isRaw = false;
  const turn = toRaw => {
    try {
      if (toRaw) {
        editor.value = JSON.stringify(fields.read() ?? null, null, 2);
        fill(area, editor, trouble);
      } else {
        fields = field(schema, { ...place, value: editor.value.trim() ? JSON.parse(editor.value) : undefined });
        fill(area, fields.node);
      }
      trouble.textContent = '';
      isRaw = toRaw;
    } catch (error) {
      trouble.textContent = `Not JSON: ${/** @type {Error} */ (error).message}`;
      modes[Number(isRaw)].checked = true;
    }
  };
  const modes = [false, true].map(raw => el('input', { type: 'radio', name, checked: !raw, change: () => turn(raw) }));
  editor.addEventListener('input', () => (editor.setCustomValidity(''), (trouble.textContent = '')));
  const node = el(
    'div',
    null,
    el(
      'div',
      { class: 'modes', role: 'radiogroup', 'aria-label': 'How to write the body' },
      ['Form', 'JSON'].map((word, index) => el('label', null, modes[index], el('span', null, word))),
    ),
    area,
  );
  const read = () => {
    // What is in the editor is sent as it stands: a server must bear what is no JSON, too.
    const content = isRaw ? editor.value : JSON.stringify(fields.read());
    if (content === undefined || content === '') return required ? sent(type, '') : undefined;
    return sent(type, content);
  };
  return { node, read };
}

const sent = (type, content) => ({ type, content, curl: ['--data-raw', content] });

function form(spec, type, schema) {
  const inner = field({ type: 'object', ...schema }, { spec, label: 'Body', bare: true, required: true });
  const read = () => {
    const pairs = Object.entries(inner.read() ?? {}).flatMap(([name, value]) =>
      [value].flat().map(one => [name, String(one ?? '')]),
    );
    return sent(type, `${new URLSearchParams(pairs)}`);
  };
  return { node: inner.node, read };
}

function text(type, schema) {
  const control = el('textarea', { rows: 6 });
  const node = labelled(control, schema, { label: 'Body' }, type);
  return { node, read: () => sent(type, control.value) };
}

function bytesBody(type, schema) {
  const control = el('input', { type: 'file' });
  const node = labelled(control, schema, { label: 'Body' }, type);
  const read = () => {
    const file = control.files[0];
    return file && { type, content: file, hasFile: true, curl: ['--data-binary', `@${file.name}`] };
  };
  return { node, read };
}

/** Parts by the schema's properties, and as many more as one adds. */
function multipart(spec, schema) {
  const parts = new Set();
  const list = el('div', { class: 'items' });
  const add = (name, isFile, isGiven) => {
    const label = el('input', { type: 'text', value: name, readonly: isGiven, 'aria-label': 'Name of the part' });
    const control = el('input', {
      type: isFile ? 'file' : 'text',
      multiple: isFile,
      'aria-label': isFile ? 'Files' : 'Text',
    });
    const part = { name: () => label.value, control };
    const row = el(
      'div',
      { class: 'item' },
      el('div', { class: 'part' }, label, control),
      !isGiven &&
        remove('part', () => {
          parts.delete(part);
          row.remove();
        }),
    );
    parts.add(part);
    list.append(row);
  };
  const known = Object.entries(spec.schema(schema).properties ?? {});
  for (const [name, written] of known) {
    const one = spec.schema(written);
    const item = one.type === 'array' ? spec.schema(one.items) : one;
    add(name, item.format === 'binary' || !!item.contentMediaType || !item.type, true);
  }
  if (!known.length) add('file', true, false);
  const node = el(
    'div',
    null,
    list,
    button('Add a file', () => add('file', true), { class: 'quiet' }),
    button('Add a text', () => add('name', false), { class: 'quiet' }),
  );
  return { node, read: () => packed(parts) };
}

function packed(parts) {
  const content = new FormData();
  const curl = [];
  let hasFile = false;
  for (const { name, control } of parts) {
    for (const file of control.files ?? []) {
      content.append(name(), file);
      curl.push('-F', `${name()}=@"${file.name.replace(/["\\]/g, '\\$&')}"`);
      hasFile = true;
    }
    if (control.files) continue;
    content.append(name(), control.value);
    curl.push('--form-string', `${name()}=${control.value}`);
  }
  return { content, curl, hasFile };
}

// A request as the form has it, and the `curl` command that makes the same one.

/**
 * @import { Action } from './spec.mjs'
 * @import { Body } from './body.mjs'
 */

/**
 * @typedef {object} Made
 * @property {string} url
 * @property {string} method
 * @property {Record<string, string>} headers
 * @property {Body} [body]
 */

/**
 * @param {Action} action
 * @param {string} base
 * @param {[parameter: any, value: any][]} values
 * @param {[name: string, value: string][]} added Headers that the user wrote.
 * @param {string} [accept]
 * @param {Body} [body]
 * @returns {Made}
 */
export function makeRequest(action, base, values, added, accept, body) {
  const query = new URLSearchParams();
  /** @type {Record<string, string>} */
  const headers = {};
  const cookies = [];
  let path = action.path;
  if (accept) headers.accept = accept;
  if (body?.type) headers['content-type'] = body.type;
  for (const [parameter, value] of values) {
    if (value === undefined || value === null) continue;
    const { name } = parameter;
    const texts = [value].flat().map(one => (typeof one === 'object' ? JSON.stringify(one) : String(one)));
    if (parameter.in === 'path') path = path.replace(`{${name}}`, inPath(texts.join(','), action.path, name));
    else if (parameter.in === 'query') {
      if (parameter.explode === false) query.append(name, texts.join(','));
      else for (const text of texts) query.append(name, text);
    } else if (parameter.in === 'header') headers[name.toLowerCase()] = texts.join(', ');
    else cookies.push(`${name}=${texts.join(',')}`);
  }
  for (const [name, value] of added) if (name) headers[name.toLowerCase()] = value;
  const search = `${query}`;
  return { url: `${base}${path}${search && `?${search}`}`, method: action.method, headers, body };
}

/** A parameter that takes the rest of the path (`{*name}`) keeps its slashes. */
const inPath = (text, path, name) => {
  const encoded = encodeURIComponent(text);
  return path.includes(`{*${name}}`) ? encoded.replaceAll('%2F', '/') : encoded;
};

/**
 * The command for a shell. `-N` shows packets as they come.
 *
 * @param {Made} made
 * @param {boolean} [isRun] A run is started with a key of one's own.
 */
export function curl({ url, method, headers, body }, isRun) {
  const parts = ['curl -N'];
  if (method !== (body ? 'POST' : 'GET')) parts[0] += method === 'HEAD' ? ' -I' : ` -X ${method}`;
  parts[0] += ` ${quote(url)}`;
  const all = isRun ? { ...headers, 'idempotency-key': `"${newKey()}"` } : headers;
  // `curl` takes a name with a semicolon for an empty field.
  for (const [name, value] of Object.entries(all)) parts.push(`-H ${quote(value ? `${name}: ${value}` : `${name};`)}`);
  for (let at = 0; at < (body?.curl.length ?? 0); at += 2) parts.push(`${body?.curl[at]} ${quote(body?.curl[at + 1])}`);
  return parts.join(' \\\n  ');
}

/** 128 random bits. */
const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

/** One word of a POSIX shell. @param {string} text */
export const quote = (text = '') => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

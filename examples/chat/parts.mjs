// The parts of an answer: how packets make them, and how they look.

/**
 * @import { Part as Packet, UiPart } from './routes.js'
 *
 * @typedef {{ kind: 'text' | 'reasoning', text: string }} Prose
 * @typedef {{ kind: 'source', url: string, title: string }} Source
 * @typedef {{
 *   kind: 'tool',
 *   id: string,
 *   name: string,
 *   input: string,
 *   output?: unknown,
 *   state: string,
 *   asks?: string,
 *   approved?: boolean,
 * }} Tool `asks` is the question to the person, and `approved` the answer.
 * @typedef {Prose | Source | Tool} Part
 */

/** Adds a packet to the parts. @param {Part[]} parts @param {Packet} packet */
export function add(parts, packet) {
  switch (packet.ai) {
    case 'text':
    case 'reasoning': {
      const last = parts.at(-1);
      if (last?.kind === packet.ai) last.text += packet.delta;
      else parts.push({ kind: packet.ai, text: packet.delta });
      break;
    }
    case 'source':
      parts.push({ kind: 'source', url: packet.url, title: packet.title ?? packet.url });
      break;
    case 'tool-call': {
      const { id, name, input } = packet;
      parts.push({ kind: 'tool', id, name, input: input ? JSON.stringify(input) : '', state: 'runs …' });
      break;
    }
    case 'tool-input':
      change(parts, packet.id, tool => (tool.input += packet.delta));
      break;
    case 'tool-result': {
      const { id, output, error, denied } = packet;
      const state = denied ? 'declined' : error ? 'failed' : 'done';
      change(parts, id, tool => Object.assign(tool, { output: error && !denied ? error : output, state }));
      break;
    }
    case 'approval-request': {
      const asks = packet.reason ?? 'May this tool run?';
      change(parts, packet.id, tool => Object.assign(tool, { asks, state: 'needs your approval' }));
    }
  }
}

/** @param {Part[]} parts @param {string} id @param {(tool: Tool) => void} change */
function change(parts, id, change) {
  // A second tab that reads only what came after an approval does not have the call.
  for (const part of parts) if (part.kind === 'tool' && part.id === id) change(part);
}

/** Tells whether a tool waits for the person. @param {Part[]} parts */
export const asks = parts => parts.some(part => part.kind === 'tool' && waits(part));

/** @param {Tool} tool */
const waits = ({ asks, approved }) => asks !== undefined && approved === undefined;

/** The text alone. @param {Part[]} parts */
export const textOf = parts => parts.map(part => (part.kind === 'text' ? part.text : '')).join('');

/** The tools that the person has approved or declined, in the AI SDK's words. @param {Part[]} parts @returns {UiPart[]} */
export function settled(parts) {
  return parts.flatMap(part => {
    if (part.kind !== 'tool' || part.approved === undefined) return [];
    const { id, name, input, approved } = part;
    const approval = { id, approved };
    return [{ type: `tool-${name}`, toolCallId: id, state: 'approval-responded', input: JSON.parse(input), approval }];
  });
}

/**
 * Brings the parts on the page up to date. What has not changed keeps its element, and so the focus in it.
 *
 * @param {HTMLElement} place
 * @param {Part[]} parts
 * @param {boolean} goesOn
 * @param {(tool: Tool, approved: boolean) => void} approve
 */
export function draw(place, parts, goesOn, approve) {
  parts.forEach((part, index) => {
    const isLast = goesOn && index === parts.length - 1;
    const drawn = JSON.stringify(part) + isLast;
    const old = /** @type {HTMLElement | undefined} */ (place.children[index]);
    if (old?.dataset.drawn === drawn) return;
    const element = elementOf(part, isLast, approve, old);
    element.dataset.drawn = drawn;
    if (!old) place.append(element);
    else if (old !== element) old.replaceWith(element);
  });
}

/**
 * @param {Part} part
 * @param {boolean} isLast
 * @param {(tool: Tool, approved: boolean) => void} approve
 * @param {HTMLElement} [old]
 * @returns {HTMLElement}
 */
function elementOf(part, isLast, approve, old) {
  switch (part.kind) {
    case 'text':
      if (old) old.textContent = part.text;
      return old ?? make('p', { className: 'text', textContent: part.text });
    case 'reasoning': {
      const [summary, text] = old ? /** @type {Iterable<HTMLElement>} */ (old.children) : [make('summary'), make('p')];
      const label = isLast ? 'Thinking …' : 'Reasoning';
      const details = old ?? make('details', { className: 'reasoning' }, summary, text);
      // It closes when the answer begins, and is the reader's from then on.
      if (summary.textContent !== label) Object.assign(details, { open: isLast });
      summary.textContent = label;
      text.textContent = part.text;
      return details;
    }
    case 'source': {
      const link = make('a', { href: part.url, target: '_blank', rel: 'noopener', textContent: part.title });
      return make('p', { className: 'sources' }, link);
    }
    case 'tool':
      return toolOf(part, approve);
  }
}

/** @param {Tool} tool @param {(tool: Tool, approved: boolean) => void} approve */
function toolOf(tool, approve) {
  const name = tool.name.replaceAll('_', ' ');
  const title = make('h2', {}, `${name} `, make('span', { textContent: tool.state }));
  const box = make('section', { className: 'tool', ariaLabel: `Tool ${name}` }, title);
  for (const value of [tool.input, tool.output]) box.append(make('pre', { textContent: words(value) }));
  if (!waits(tool)) return box;
  const answers = [
    make('button', { type: 'button', textContent: 'Approve', onclick: () => approve(tool, true) }),
    make('button', { type: 'button', textContent: 'Decline', onclick: () => approve(tool, false) }),
  ];
  const question = make('p', { textContent: tool.asks });
  const group = make('div', { className: 'approval', role: 'group', ariaLabel: `Approve ${name}` }, question);
  group.append(make('div', {}, ...answers));
  box.append(group);
  return box;
}

/** JSON as people read it: `gate: Mill weir`. @param {unknown} value @returns {string} */
function words(value) {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') {
    const lines = Object.entries(value).map(([key, member]) => `${key}: ${words(member)}`);
    return lines.join('\n');
  }
  try {
    const parsed = JSON.parse(String(value));
    return typeof parsed === 'object' ? words(parsed) : String(value);
  } catch {
    return String(value); // text, or input that is still on its way
  }
}

/** @param {string} tag @param {object} [members] @param {(Node | string)[]} children @returns {HTMLElement} */
function make(tag, members = {}, ...children) {
  const element = Object.assign(document.createElement(tag), members);
  element.append(...children);
  return element;
}

// What comes back: the state, the packets as they arrive, and then the result or the failure.

import { button, el, fill } from './dom.mjs';
import { Rows } from './rows.mjs';

const WORDS = {
  idle: 'Not sent yet',
  connecting: 'Waiting for the response',
  open: 'Receiving',
  reconnecting: 'Connection lost, trying again',
  done: 'Done',
  failed: 'Failed',
  aborted: 'Stopped',
};

/** What is shown of an HTTP response that has no packets. */
const LONGEST_TEXT = 200_000;

const seconds = ms => `${(ms / 1000).toFixed(ms < 100_000 ? 2 : 0)} s`;

export class Output {
  #state = el('span', { role: 'status', class: 'state' });
  #facts = el('span', { class: 'facts' });
  #upload = el('progress', { max: 1, value: 0, 'aria-label': 'Sent of the body' });
  #uploaded = el('span', { class: 'facts' });
  #sending = el('div', { class: 'sending', hidden: true }, this.#upload, this.#uploaded);
  #rows = new Rows(() => this.#showFacts());
  #ending = el('div', { class: 'ending' });
  #alert = el('div', { role: 'alert' });
  #raw = el('pre', { class: 'raw', tabindex: 0, 'aria-label': 'Response', hidden: true });
  #text = '';
  #started = 0;
  #ended = 0;
  #head = '';
  #first = 0;

  node = el(
    'section',
    { class: 'output', 'aria-label': 'Response' },
    el('div', { class: 'line' }, this.#state, this.#facts),
    this.#sending,
    this.#rows.node,
    this.#raw,
    this.#ending,
    this.#alert,
  );

  constructor() {
    this.state('idle');
  }

  /** Begins with a new response. */
  start() {
    this.#started = performance.now();
    this.#ended = this.#first = 0;
    this.#head = this.#text = this.#raw.textContent = '';
    this.#raw.hidden = this.#sending.hidden = true;
    fill(this.#ending);
    fill(this.#alert);
    this.#rows.clear();
    this.state('connecting');
  }

  /** @param {keyof typeof WORDS} state @param {string} [more] */
  state(state, more) {
    if (!['idle', 'connecting', 'open', 'reconnecting'].includes(state)) this.#ended = performance.now();
    this.node.dataset.state = state;
    this.#state.textContent = more ? `${WORDS[state]}: ${more}` : WORDS[state];
    this.#rows.flush();
    this.#showFacts();
  }

  /** @param {Response} response */
  response({ status, statusText, headers }) {
    this.#head = `${status} ${statusText} · ${headers.get('content-type') ?? 'no content'}`.replace(/ +/g, ' ');
    this.#showFacts();
  }

  /** @param {{ loaded: number, total?: number }} progress */
  uploaded({ loaded, total }) {
    this.#sending.hidden = false;
    if (total) this.#upload.value = loaded / total;
    this.#uploaded.textContent = total ? `${bytes(loaded)} of ${bytes(total)} sent` : `${bytes(loaded)} sent`;
  }

  /** @param {unknown} packet @param {string} [event] */
  packet(packet, event) {
    const now = performance.now() - this.#started;
    this.#first ||= now;
    this.#rows.add(now, event, packet);
  }

  /** Text of a response that has no packets. @param {string} text */
  raw(text) {
    this.#first ||= performance.now() - this.#started;
    this.#text = (this.#text + text).slice(-LONGEST_TEXT);
    const isAtEnd = this.#raw.scrollHeight - this.#raw.scrollTop - this.#raw.clientHeight < 40;
    this.#raw.hidden = false;
    this.#raw.textContent = this.#text;
    if (isAtEnd) this.#raw.scrollTop = this.#raw.scrollHeight;
  }

  /** Bytes of a response that are no text. @param {Blob} blob @param {string} name */
  file(blob, name) {
    const href = URL.createObjectURL(blob);
    fill(this.#ending, panel('Response', el('a', { href, download: name }, `Save ${bytes(blob.size)}`)));
  }

  /** @param {unknown} result */
  result(result) {
    const text = result === undefined ? undefined : JSON.stringify(result, null, 2);
    fill(this.#ending, panel('Result', text ? code(text) : el('p', null, 'The action returned nothing.')));
  }

  /** @param {any} error */
  failed(error) {
    const { code: kind, status, problem, body, excerpt } = error;
    const title = problem?.title ?? (status ? `Status ${status}` : 'The stream failed');
    const fields = Object.entries(typeof problem === 'object' && problem ? problem : {});
    const rest = fields.filter(([name]) => !['title', 'detail'].includes(name));
    const facts = [['failure', kind], !problem && status && ['status', status], ...rest].filter(Boolean);
    const text = typeof body === 'string' ? body : excerpt;
    fill(
      this.#alert,
      el(
        'div',
        { class: 'panel failure' },
        el('h3', null, title),
        el('p', null, problem?.detail ?? error.detail ?? error.message),
        el(
          'dl',
          null,
          facts.map(([name, value]) => [
            el('dt', null, name),
            el('dd', null, typeof value === 'object' ? JSON.stringify(value) : String(value)),
          ]),
        ),
        text && code(text),
      ),
    );
  }

  #showFacts() {
    const { count } = this.#rows;
    const last = this.#ended || performance.now();
    const facts = [
      this.#head,
      (count > 0 || this.node.dataset.state === 'open') &&
        `${count.toLocaleString('en')} packet${count === 1 ? '' : 's'}`,
      this.#first && `first after ${seconds(this.#first)}`,
      this.#ended && `${seconds(last - this.#started)} in all`,
    ];
    fill(
      this.#facts,
      facts.filter(Boolean).map(fact => el('span', null, fact)),
    );
  }
}

const panel = (title, ...children) => el('div', { class: 'panel' }, el('h3', null, title), children);

const code = text => el('pre', { tabindex: 0, 'aria-label': 'JSON' }, text);

/** A number of bytes for people. @param {number} count */
function bytes(count) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let unit = 0;
  for (; count >= 1000 && unit < 3; unit++) count /= 1000;
  return `${unit ? count.toFixed(1) : count} ${units[unit]}`;
}

/** A button that copies text, and says so. @param {string} word @param {() => string} text */
export function copyButton(word, text) {
  const copy = button(word, async () => {
    try {
      await navigator.clipboard.writeText(text());
      copy.textContent = 'Copied';
    } catch {
      copy.textContent = 'Select it to copy';
    }
    setTimeout(() => (copy.textContent = word), 2000);
  });
  return copy;
}

// The view of one action: what it is, the form for its request, and its output.

import { bodyField } from './body.mjs';
import { button, el, inline, prose } from './dom.mjs';
import { field, labelled } from './fields.mjs';
import { hashOf, method } from './nav.mjs';
import { Output, copyButton } from './output.mjs';
import { curl, makeRequest } from './request.mjs';
import { hasPackets, resume, sendPlain, sendStream } from './send.mjs';
import { load, save } from './store.mjs';
import { typeOf } from './types.mjs';

/**
 * @import { Action, Spec } from './spec.mjs'
 * @import { Headers } from './headers.mjs'
 * @import { Sent } from './send.mjs'
 */

/** The headers of runs and the query for the format: the page sets them itself. */
const OWN = /^(idempotency-key|run-key|last-event-id)$/i;

export class ActionView {
  #output = new Output();
  /** @type {Sent | undefined} */
  #sent;
  #send = el('button', { class: 'primary' }, 'Send');
  #stop = button('Stop', () => this.stop(), { disabled: true });
  #cancel = button('Cancel the run', () => this.#cancelRun(), { hidden: true });
  #back = button('Back to the last run', () => this.#resume(), { hidden: true });
  #command = el('pre', { tabindex: 0, 'aria-label': 'curl command' });
  #parameters;
  #body;
  #format;
  node;

  /** @param {Action} action @param {Spec} spec @param {Headers} headers @param {boolean} isReturn */
  constructor(action, spec, headers, isReturn) {
    this.action = action;
    this.spec = spec;
    this.headers = headers;
    const { outflow } = action;
    this.#parameters = action.parameters
      .filter(({ in: place, name }) => !(place === 'header' && OWN.test(name)) && name !== outflow?.formatQuery)
      .map(parameter => ({ parameter, ...this.#parameter(parameter) }));
    this.#body = action.body && bodyField(spec, action.body);
    if (outflow?.formats?.length) {
      this.#format = el(
        'select',
        null,
        outflow.formats.map(({ name, contentType }, index) =>
          el('option', { value: index }, `${name} · ${contentType.split(';')[0]}`),
        ),
      );
    }
    this.node = el('article', null, this.#heading(), el('div', { class: 'columns' }, this.#form(), this.#output.node));
    this.#back.hidden = !this.#kept || isReturn;
    if (isReturn && this.#kept) this.#resume();
  }

  /** The run that was started last in this tab. */
  get #kept() {
    return this.action.outflow?.resumable && load(`run ${this.action.id}`);
  }

  #parameter(parameter) {
    const { in: place, name, required, description, deprecated, schema, example } = parameter;
    const note = [description, deprecated && 'Deprecated.'].filter(Boolean).join(' ');
    const label = place === 'path' || place === 'query' ? name : `${name} (${place})`;
    const isNeeded = required || place === 'path';
    return field(schema, { spec: this.spec, label, required: isNeeded, note, value: example, short: true, depth: 1 });
  }

  #heading() {
    const { path, summary, description, deprecated, outflow, security } = this.action;
    const marks = [
      outflow && 'streams',
      outflow?.resumable && 'resumable',
      deprecated && 'deprecated',
      ...security.map(name => `needs ${name}`),
    ];
    return el(
      'header',
      null,
      el('a', { class: 'up', href: '#' }, '← All actions'),
      el('h2', { tabindex: -1 }, summary ? inline(summary) : this.action.id),
      el('p', { class: 'route' }, method(this.action), ' ', el('code', null, path)),
      el(
        'ul',
        { class: 'marks' },
        marks.filter(Boolean).map(mark => el('li', null, mark)),
      ),
      prose(description),
      outflow && this.#types(outflow),
    );
  }

  #types({ packet, events, result, failure }) {
    const show = schema => el('pre', { tabindex: 0, 'aria-label': 'Type' }, typeOf(this.spec, schema));
    const sent = events
      ? Object.entries(events).map(([name, schema]) => [
          el('dt', null, 'Packet ', el('b', null, name)),
          el('dd', null, show(schema)),
        ])
      : [el('dt', null, 'Packet'), el('dd', null, show(packet))];
    return el(
      'details',
      { class: 'types' },
      el('summary', null, 'What it sends'),
      el(
        'dl',
        null,
        sent,
        el('dt', null, 'Result'),
        el('dd', null, result ? show(result) : 'nothing'),
        failure && [el('dt', null, 'Failure'), el('dd', null, show(failure))],
      ),
    );
  }

  #form() {
    const form = el(
      'form',
      { class: 'request', 'aria-label': 'Request', submit: event => (event.preventDefault(), this.#submit()) },
      this.#parameters.length > 0 && el('h3', null, 'Parameters'),
      this.#parameters.flatMap(({ node }) => node),
      this.#body && [el('h3', null, 'Body'), this.#body.node].flat(),
      this.#format && labelled(this.#format, {}, { label: 'Format' }),
      el('div', { class: 'buttons' }, this.#send, this.#stop, this.#cancel, this.#back),
      el(
        'details',
        { class: 'curl', toggle: () => this.#showCommand() },
        el('summary', null, 'curl'),
        this.#command,
        copyButton('Copy', () => this.#showCommand()),
      ),
    );
    form.addEventListener('input', () => this.#showCommand());
    form.addEventListener('change', () => this.#showCommand());
    return form;
  }

  get #chosen() {
    return this.#format && this.action.outflow.formats[this.#format.value];
  }

  /** Runs are followed as server-sent events. */
  get #isRun() {
    return !!this.action.outflow?.resumable && /event-stream/.test(this.#chosen?.contentType ?? 'event-stream');
  }

  #made() {
    const values = this.#parameters.map(({ parameter, read }) => [parameter, read()]);
    const accept = this.#chosen?.contentType.replace(/ /g, '');
    const { base } = this.spec;
    return makeRequest(this.action, base, /** @type {any} */ (values), this.headers.values, accept, this.#body?.read());
  }

  #showCommand() {
    try {
      this.#command.textContent = curl(this.#made(), this.#isRun);
    } catch (error) {
      this.#command.textContent = `The form is not complete: ${/** @type {Error} */ (error).message}`;
    }
    return this.#command.textContent;
  }

  #submit() {
    this.stop();
    try {
      const made = this.#made();
      const isRun = this.#isRun;
      const sends = this.action.outflow && (!this.#format || hasPackets(this.#chosen)) && made.method !== 'HEAD';
      const sent = sends
        ? sendStream(made, this.#output, { resumable: isRun, format: this.#chosen })
        : sendPlain(made, this.#output);
      if (isRun) {
        const content = made.body?.content;
        const text = typeof content === 'string' ? content : undefined;
        const keep = () => save(`run ${this.action.id}`, { handle: sent.handle?.(), method: made.method, body: text });
        keep(); // the key makes it the same run, even if the answer never comes
        sent.answered?.then(keep);
        history.replaceState(null, '', `${hashOf(this.action)}/run`);
      }
      this.#follow(sent, isRun);
    } catch (error) {
      this.#output.start();
      this.#output.state('failed');
      this.#output.failed({ code: 'request', message: /** @type {Error} */ (error).message });
    }
  }

  #resume() {
    const kept = this.#kept;
    if (!kept) return;
    this.stop();
    const headers = Object.fromEntries(this.headers.values);
    if (kept.body !== undefined) headers['content-type'] = 'application/json';
    history.replaceState(null, '', `${hashOf(this.action)}/run`);
    this.#follow(resume(kept, headers, this.#output), true);
  }

  #follow(sent, isRun) {
    this.#sent = sent;
    this.#stop.disabled = false;
    this.#stop.textContent = isRun ? 'Leave' : 'Stop';
    this.#cancel.hidden = !isRun;
    this.#back.hidden = true;
    sent.ended.then(() => {
      if (this.#sent !== sent) return;
      this.#sent = undefined;
      const hadFocus = [this.#stop, this.#cancel].includes(/** @type {any} */ (document.activeElement));
      this.#stop.disabled = this.#cancel.hidden = true;
      this.#back.hidden = !this.#kept;
      if (hadFocus) this.#send.focus(); // a disabled button would lose the focus
    });
  }

  /** Leaves the response. A run goes on. */
  stop() {
    this.#sent?.stop();
  }

  async #cancelRun() {
    try {
      await this.#sent?.cancel?.();
    } catch (error) {
      this.#output.failed(error);
    }
  }
}

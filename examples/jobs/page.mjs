// The jobs: what is shown of each is kept in the tab's session storage, beside the handle of its run, so that a reload
// goes on where it was left.

/**
 * `routes.d.ts` has the types of the action, which a test writes from those in `main.rs`: `tsc -p ..` checks this page.
 *
 * @import { RouteStream, RunHandle } from 'outflow'
 * @import { Job as Name, Step } from './routes.js'
 */

/**
 * What is shown of a job.
 *
 * @typedef {{ state: keyof typeof WORDS, step?: Step, told?: string, trouble?: string[], handle?: RunHandle }} Shown
 */

/** @type {{ name: Name, title: string, about: string }[]} */
const JOBS = [
  { name: 'photos', title: 'Resize photos', about: '120 photos, some twelve seconds' },
  { name: 'orders', title: 'Import orders', about: '160 orders, one of which is not right' },
  { name: 'index', title: 'Index the archive', about: '900 boxes: more than a minute, so stop it when you like' },
];

const WORDS = {
  idle: 'Not started',
  connecting: 'Starting',
  open: 'Running',
  reconnecting: 'Connection lost, trying again',
  stopping: 'Stopping',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Stopped',
  aborted: 'Stopped',
};
const GOES_ON = ['connecting', 'open', 'reconnecting', 'stopping'];

/** @type {(id: string) => any} */
const at = id => document.getElementById(id);

class Job {
  #name;
  #title;
  #place;
  /** The stream, while the job goes on. @type {RouteStream<'/jobs/{job}'> | undefined} */
  #running;
  /**
   * All that is shown, and the handle of the moment at which it was true: the cursor must never be ahead of the bar or
   * behind it, so both are stored in one step.
   *
   * @type {Shown}
   */
  #shown = { state: 'idle' };

  /** @param {typeof JOBS[number]} job */
  constructor({ name, title, about }) {
    this.#name = name;
    this.#title = title;
    this.#place = at('job').content.cloneNode(true).firstElementChild;
    const heading = this.#find('h2');
    heading.textContent = title;
    heading.id = name;
    this.#place.setAttribute('aria-labelledby', name);
    this.#find('.bar p').textContent = about;
    this.#find('progress').setAttribute('aria-label', title);
    this.#find('button').onclick = () => (this.goesOn ? this.#stop() : this.start());
    at('jobs').append(this.#place);
    this.#restore();
  }

  get goesOn() {
    return GOES_ON.includes(this.#shown.state);
  }

  start() {
    if (!globalThis.outflow) return this.#scriptMissing();
    this.#follow(outflow.stream('/jobs/{job}', { params: { job: this.#name }, resumable: true }));
    this.#update({ state: 'connecting', step: undefined, told: undefined, trouble: undefined });
  }

  /** Goes on with what this tab had of the job. */
  #restore() {
    try {
      this.#shown = JSON.parse(sessionStorage.getItem(this.#key) ?? 'null') ?? this.#shown;
    } catch {
      // No storage, or not ours: the job can be started anew.
    }
    this.#show();
    const { handle } = this.#shown;
    if (!this.goesOn || !handle) return;
    if (!globalThis.outflow) return this.#scriptMissing();
    // The handle is there from the start: its key makes it the same job, even if the server's answer never came.
    this.#follow(/** @type {RouteStream<'/jobs/{job}'>} */ (outflow.stream.resume(handle)));
  }

  /** @param {RouteStream<'/jobs/{job}'>} stream */
  #follow(stream) {
    this.#running = stream;
    stream
      .progress(step => this.#update({ step, told: undefined }))
      .done(({ done, seconds }) => this.#end({ state: 'done', told: `${done} in ${seconds.toFixed(1)} s` }))
      .fail(error => this.#end(ending(error)))
      .onState(({ state }) => {
        const isNews = state === 'open' || state === 'reconnecting';
        if (isNews && this.#shown.state !== 'stopping') this.#update({ state });
      });
  }

  async #stop() {
    if (this.#shown.state === 'stopping') return;
    const stream = this.#running;
    if (!stream) return;
    this.#update({ state: 'stopping' });
    try {
      await stream.cancel(); // as soon as the server has answered; what ends the job comes in the stream
    } catch (error) {
      if (!this.#running) return;
      this.#update({ state: stream.state, told: `It goes on: ${/** @type {Error} */ (error).message} Stop it again.` });
    }
  }

  /** @param {Partial<Shown>} news */
  #end(news) {
    this.#update(news);
    this.#running = undefined;
  }

  /** @param {Partial<Shown>} news */
  #update(news) {
    Object.assign(this.#shown, news);
    if (this.#running?.handle) this.#shown.handle = this.#running.handle;
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.#shown));
    } catch {
      // Without storage the page works all the same, but a reload forgets the jobs.
    }
    this.#show();
  }

  #show() {
    const { state, step, told, trouble = [] } = this.#shown;
    const button = this.#find('button');
    const word = this.goesOn ? 'Stop' : state === 'idle' ? 'Start' : 'Start again';
    this.#place.dataset.state = state;
    if (this.#find('.state').textContent !== WORDS[state]) this.#find('.state').textContent = WORDS[state];
    this.#find('.step').textContent = told ?? (step ? `${step.done} of ${step.of} · ${step.what}` : '');
    this.#find('progress').value = step ? step.done / step.of : 0;
    button.textContent = word;
    button.setAttribute('aria-label', `${word}: ${this.#title}`);
    button.ariaDisabled = state === 'stopping'; // not `disabled`, which would lose the focus
    const lines = trouble.map((text, i) => {
      const line = document.createElement(i ? 'span' : 'strong');
      line.textContent = text;
      return line;
    });
    if (this.#find('.trouble').textContent !== trouble.join('')) this.#find('.trouble').replaceChildren(...lines);
    at('all').disabled = jobs.length > 0 && jobs.every(job => job.goesOn);
  }

  #scriptMissing() {
    // Not kept: with the script the job can be followed.
    const advice = 'See that the server is running, then load the page again.';
    Object.assign(this.#shown, { state: 'failed', trouble: ['The script /outflow.js did not load.', advice] });
    this.#show();
  }

  get #key() {
    return `outflow-job-${this.#name}`;
  }

  /** @param {string} selector @returns {any} */
  #find(selector) {
    return this.#place.querySelector(selector);
  }
}

/** What a failure is to people: what happened, and what to do. @param {any} error @returns {Partial<Shown>} */
function ending(error) {
  if (error.code === 'cancelled' || error.name === 'AbortError') return { state: 'cancelled' };
  /** @type {Record<string, string[]>} */
  const trouble = {
    lost: ['The server that did the work went away in the middle of it.', 'Start the job again.'],
    gone: ['The server keeps a job for ten minutes after its end; this one is no more.', 'Start it again.'],
    404: ['The server does not know this job. It may have been restarted since.', 'Start the job again.'],
    protocol: [error.message, 'Something else answered. Open this page at the address that the example prints.'],
    422: [error.detail, 'Mend what it names, then start the job again.'],
  };
  const told = [error.detail ?? error.message, 'The log of the server may say more. Then start the job again.'];
  return { state: 'failed', trouble: trouble[error.code] ?? trouble[error.status] ?? told };
}

/** @type {Job[]} */
const jobs = [];
for (const job of JOBS) jobs.push(new Job(job));
at('all').onclick = () => {
  for (const job of jobs) if (!job.goesOn) job.start();
};

// The page of the shop. What an answer and an import have shown is kept in the tab's session storage, beside the handle
// of the run, so that a reload goes on where it was left.

const { stream } = outflow;

const all = (section, selector) => document.querySelectorAll(`#${section} ${selector}`);
const at = (section, selector) => all(section, selector)[0];
const say = (section, text = '', trouble = '') => {
  at(section, '[role=status]').textContent = text;
  const alert = at(section, '[role=alert]');
  if (alert) alert.textContent = trouble;
};
const list = (place, lines) =>
  place.replaceChildren(...lines.map(line => Object.assign(document.createElement('li'), { textContent: line })));

/** What people read of a failure. */
const reason = error => error.detail ?? error.message;

// The dashboard

stream('/dashboard/live', { reconnect: true })
  .progress(figures => {
    for (const place of all('dashboard', '[data-figure]')) place.textContent = figures[place.dataset.figure];
  })
  .fail(error => say('dashboard', reason(error)))
  .onState(({ state }) => say('dashboard', state === 'reconnecting' ? 'Connection lost, trying again' : ''));

// The two runs

/** A run that a reload does not end. */
class Run {
  #key;
  #empty;
  #add;
  #show;
  #url;
  /** All that is shown, and the handle of the moment at which it was true: both are stored in one step. */
  #shown = {};
  #running;

  /** What is shown begins as `empty`; `add` puts a packet into it, and `show` puts it on the page. */
  constructor(url, empty, add, show) {
    this.#empty = empty;
    this.#add = add;
    this.#url = url;
    this.#key = `outflow-shop-${url}`;
    this.#show = show;
    this.#shown = JSON.parse(sessionStorage.getItem(this.#key)) ?? structuredClone(empty);
    const { handle, request, goesOn } = this.#shown;
    if (goesOn) this.#follow(stream.resume(handle, request));
    show(this.#shown);
  }

  start(request) {
    this.#shown = { ...structuredClone(this.#empty), request, goesOn: true };
    this.#follow(stream(this.#url, { method: 'POST', resumable: true, ...request }));
    this.#update();
  }

  stop() {
    return this.#running.cancel();
  }

  #follow(running) {
    this.#running = running;
    running
      .progress(packet => {
        this.#add(this.#shown, packet);
        this.#update();
      })
      .done(result => this.#update({ result, goesOn: false }))
      .fail(error => {
        const isStopped = error.code === 'cancelled';
        this.#update({ goesOn: false, isStopped, trouble: isStopped ? '' : reason(error) });
      })
      .onState(() => this.#update());
  }

  #update(news) {
    Object.assign(this.#shown, news, { handle: this.#running.handle });
    sessionStorage.setItem(this.#key, JSON.stringify(this.#shown));
    this.#show(this.#shown);
  }
}

const answer = new Run(
  '/assistant/answer',
  { text: '' },
  (shown, token) => (shown.text += token.text),
  ({ text, result, goesOn, isStopped, trouble }) => {
    at('assistant', '.answer').textContent = text;
    at('assistant', '[data-does=stop]').disabled = !goesOn;
    at('assistant', '.main').disabled = Boolean(goesOn);
    const used = result && `${result.prompt_tokens} tokens up, ${result.completion_tokens} down`;
    say('assistant', used ?? (isStopped ? 'Stopped' : goesOn ? 'Answering' : ''), trouble);
  },
);
at('assistant', 'form').onsubmit = event => {
  event.preventDefault();
  answer.start({ json: Object.fromEntries(new FormData(event.target)) });
};
at('assistant', '[data-does=stop]').onclick = () =>
  answer.stop().catch(error => say('assistant', 'Answering', `It goes on: ${reason(error)}`));

const products = new Run(
  '/products/import',
  { bad: [] },
  (shown, { kind, ...packet }) => {
    if (kind === 'bad') shown.bad.push(`Line ${packet.line}: ${packet.problem}`);
    else shown.progress = packet;
  },
  ({ bad, progress: { rows, of } = { rows: 0, of: 1 }, result, goesOn, trouble }) => {
    at('products', 'progress').value = of ? rows / of : 1;
    at('products', '.main').disabled = Boolean(goesOn);
    list(at('products', '.bad'), bad);
    const end = result && `${result.taken} taken in, ${result.bad} not`;
    say('products', end ?? (goesOn ? `${rows} rows` : ''), trouble);
  },
);
at('products', 'form').onsubmit = event => {
  event.preventDefault();
  products.start({ body: new FormData(event.target).get('table') });
};
const rows = Array.from({ length: 60 }, (_, i) => `pencil ${i + 1},${i % 25 === 7 ? 'cheap' : 1.2}`);
at('products', 'textarea').value = ['name,euros', ...rows].join('\n');

// The checkout

for (const button of all('checkout', 'button')) {
  button.onclick = () => {
    const steps = [];
    list(at('checkout', '.steps'), steps);
    say('checkout', 'Asking');
    const { pencils, card } = button.dataset;
    stream('/checkout/pay', { json: { pencils: Number(pencils), card } })
      .progress(step => {
        steps.push(step);
        list(at('checkout', '.steps'), steps);
      })
      .done(({ cents }) => say('checkout', `${(cents / 100).toFixed(2)} € paid`))
      // The same failure, whether it came before the first packet or after it.
      .fail(error => say('checkout', '', `${reason(error)} (${error.status})`));
  };
}

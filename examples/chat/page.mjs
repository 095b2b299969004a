// The chat: what was said is kept in the tab's session storage, so that a reload goes on where it was left.

/**
 * `routes.d.ts` has the types of the action, which a test writes from those in `main.rs`: `tsc -p ..` checks this page.
 *
 * @import { RouteOptions, RouteStream, RunHandle } from 'outflow'
 * @import { Message } from './routes.js'
 */

/**
 * A question and its answer. `text` and `handle` are of the same moment, always: the handle's cursor says which packets
 * are in the text, so the two are stored in one step, and a run is never followed from one with the other missing.
 *
 * @typedef {{ question: string, text: string, state: string, told?: string, trouble?: string[], handle?: RunHandle }} Turn
 */

const GOES_ON = ['connecting', 'open', 'reconnecting'];
const STORE = 'outflow-chat';

/** @type {(id: string) => any} */
const at = id => document.getElementById(id);

/** @type {Turn[]} */
let turns = restored();
/** The stream of the last turn, while it goes on. @type {RouteStream<'/chat/answer'> | undefined} */
let running;

/**
 * A link to an answer begins a conversation of its own; otherwise there is the one that this tab had.
 *
 * @returns {Turn[]}
 */
function restored() {
  const { run, key, question } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (run && key) {
    // The key must not stay in the history, nor go to anybody else.
    history.replaceState(null, '', location.pathname);
    const url = new URL(run, location.href);
    if (url.origin !== location.origin) return [];
    // Nothing is here yet, so it is followed from the first packet on.
    const handle = { run: url.href, key, cursor: 0 };
    return [{ question: question ?? '', text: '', state: 'connecting', handle }];
  }
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? 'null') ?? [];
  } catch {
    return []; // no storage, or not ours
  }
}

function keep() {
  const last = turns.at(-1);
  if (last && running?.handle) last.handle = running.handle;
  try {
    sessionStorage.setItem(STORE, JSON.stringify(turns));
  } catch {
    // Without storage the page works all the same, but a reload begins a new chat.
  }
}

/** A link to an answer. @param {string} question @param {string} run @param {string} key */
function linkTo(question, run, key) {
  return `#${new URLSearchParams({ run: new URL(run).pathname, key, question })}`;
}

/** Brings a turn's place on the page to what the turn says. @param {Turn} turn */
function show(turn) {
  const index = turns.indexOf(turn);
  const item = at('turns').children[index] ?? added(turn);
  const [again, link] = [item.querySelector('.foot button'), item.querySelector('a')];
  const goesOn = GOES_ON.includes(turn.state);
  item.dataset.state = turn.state;
  item.querySelector('.text').textContent = turn.text;
  item.querySelector('.foot span').textContent = turn.told;
  again.hidden = !['failed', 'cancelled'].includes(turn.state) || index < turns.length - 1;
  const { run, key = '' } = turn.handle ?? {}; // where the answer is, which the server says
  link.hidden = !run || turn.state === 'failed';
  if (run) link.href = linkTo(turn.question, run, key);
  const trouble = (turn.trouble ?? []).map((text, i) => {
    const line = document.createElement(i ? 'span' : 'strong');
    line.textContent = text;
    return line;
  });
  item.querySelector('.trouble').replaceChildren(...trouble);
  if (index < turns.length - 1) return;
  if (at('status').textContent !== turn.told) at('status').textContent = turn.told;
  const hadFocus = document.activeElement === at('stop');
  at('anew').hidden = false;
  at('stop').hidden = !goesOn;
  at('send').hidden = goesOn;
  if (hadFocus && !goesOn) at('question').focus(); // a hidden button loses the focus
}

/** @param {Turn} turn */
function added(turn) {
  const item = at('turn').content.cloneNode(true).firstElementChild;
  item.querySelector('.question').textContent = turn.question;
  item.querySelector('.foot button').onclick = () => {
    turns.pop();
    item.remove();
    ask(turn.question);
  };
  at('turns').append(item);
  return item;
}

/** Changes the page, and keeps its end in view for those who look at it. @param {() => void} change */
function atEnd(change) {
  const page = document.documentElement;
  const isAtEnd = innerHeight + scrollY > page.scrollHeight - 60;
  change();
  if (isAtEnd) scrollTo(0, page.scrollHeight);
}

/** @param {Turn} turn @param {Partial<Turn>} news */
function update(turn, news) {
  Object.assign(turn, news);
  keep();
  atEnd(() => show(turn));
}

/** What is sent to have a turn answered: what was said before it, and its question. @param {Turn} turn @returns {Message[]} */
function messagesOf(turn) {
  /** @type {Message[]} */
  const before = turns
    .slice(0, turns.indexOf(turn))
    .filter(({ text }) => text)
    .flatMap(({ question, text }) => [
      { role: 'user', content: question },
      { role: 'assistant', content: text },
    ]);
  return [...before, { role: 'user', content: turn.question }];
}

/** @param {string} question */
function ask(question) {
  /** @type {Turn} */
  const turn = { question, text: '', state: 'connecting', told: 'Asking …' };
  turns.push(turn);
  for (const one of turns.slice(-2)) show(one); // only the last one can be asked again
  scrollTo(0, document.documentElement.scrollHeight);
  if (!globalThis.outflow) return scriptMissing(turn);
  follow(turn, outflow.stream('/chat/answer', { json: { messages: messagesOf(turn) }, resumable: true }));
  keep();
}

/** Goes on with an answer that was left. @param {Turn} turn */
function comeBack(turn) {
  if (!GOES_ON.includes(turn.state) || !turn.handle) return;
  if (!globalThis.outflow) return scriptMissing(turn);
  update(turn, { state: 'connecting', told: 'Coming back …' });
  // The handle is there from the start. If the page was left before the server had said where the answer is, the
  // question is sent again, and the handle's key makes it the same one.
  /** @type {Pick<RouteOptions<'/chat/answer'>, 'json'>} */
  const options = { json: { messages: messagesOf(turn) } };
  follow(turn, /** @type {RouteStream<'/chat/answer'>} */ (outflow.stream.resume(turn.handle, options)));
}

/** @param {Turn} turn */
function scriptMissing(turn) {
  const trouble = ['The script /outflow.js did not load.', 'See that the server is running, then load the page again.'];
  // Not kept: with the script the answer can be followed.
  atEnd(() => show(Object.assign(turn, { state: 'failed', told: 'Failed', trouble })));
}

/** @param {Turn} turn @param {RouteStream<'/chat/answer'>} stream */
function follow(turn, stream) {
  running = stream;
  const isOver = () => stream !== running;
  stream
    .progress(({ text }) => {
      if (!isOver()) update(turn, { text: turn.text + text });
    })
    .done(({ tokens, seconds, model }) => {
      end({ state: 'done', told: `${tokens} tokens in ${seconds.toFixed(1)} s, by ${model}` });
    })
    .fail(error => end(ending(error)))
    .onState(({ state, error }) => {
      if (isOver()) return;
      if (state === 'open') update(turn, { state, told: 'Answering …' });
      if (state === 'reconnecting') update(turn, { state, told: `${error?.message} Trying again …` });
    });

  /** @param {Partial<Turn>} news */
  function end(news) {
    if (isOver()) return;
    keep(); // with the last cursor
    running = undefined;
    update(turn, news);
  }
}

/** What a failure is to people: what happened, and what to do. @param {any} error @returns {Partial<Turn>} */
function ending(error) {
  if (error.code === 'cancelled' || error.name === 'AbortError') return { state: 'cancelled', told: 'Stopped' };
  /** @type {Record<string, string[]>} */
  const trouble = {
    lost: ['The server that answered went away, and the rest of the answer with it.', 'Ask again.'],
    gone: ['The server keeps an answer for ten minutes after its end; this one is no more.', 'Ask again.'],
    404: ['The server does not know this answer. It may have been restarted since.', 'Ask again.'],
    502: [error.detail, 'See that the model is there and that OPENAI_BASE_URL is right, then ask again.'],
    protocol: [error.message, 'Something else answered. Open this page at the address that the example prints.'],
  };
  const told = [error.detail ?? error.message, 'The log of the server may say more. Then ask again.'];
  return { state: 'failed', told: 'Failed', trouble: trouble[error.code] ?? trouble[error.status] ?? told };
}

async function stop() {
  const [stream, turn] = [running, turns.at(-1)];
  if (!stream || !turn) return;
  update(turn, { told: 'Stopping …' });
  try {
    await stream.cancel(); // as soon as the server has answered; what ends it comes in the stream
  } catch (error) {
    if (stream === running)
      update(turn, { told: `It goes on: ${/** @type {Error} */ (error).message} Stop it again.` });
  }
}

at('ask').onsubmit = (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const question = at('question').value.trim();
  if (!question || running) return at('question').focus();
  at('question').value = '';
  ask(question);
};
at('question').onkeydown = (/** @type {KeyboardEvent} */ event) => {
  // Not the Enter that ends a word of an input method.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at('ask').requestSubmit();
};
at('stop').onclick = stop;
at('welcome').onclick = (/** @type {any} */ { target }) => {
  if (target.matches('button')) ask(target.textContent);
};
at('anew').onclick = () => {
  const left = running;
  running = undefined;
  left?.abort(); // not stopped: another tab may be reading it
  turns = [];
  at('turns').replaceChildren();
  at('status').textContent = '';
  at('stop').hidden = true;
  at('send').hidden = false;
  at('anew').hidden = true;
  keep();
  at('question').focus();
};
// A link pasted into this tab.
addEventListener('hashchange', () => location.reload());

for (const turn of turns) show(turn);
scrollTo(0, document.documentElement.scrollHeight);
const last = turns.at(-1);
if (last) comeBack(last);

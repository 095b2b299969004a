// The chat: what was said is kept in the tab's session storage, so that a reload goes on where it was left.

/**
 * `routes.d.ts` has the types of the action, which a test writes from those in `main.rs`: `tsc -p ..` checks this page.
 *
 * @import { RouteOptions, RouteStream, RunHandle } from 'outflow'
 * @import { UiMessage } from './routes.js'
 * @import { Part } from './parts.mjs'
 */

import { add, asks, draw, settled, textOf } from './parts.mjs';

/**
 * A question and its answer. `parts` and `handle` are of the same moment, always: the handle's cursor says which packets
 * are in the parts, so the two are stored in one step, and a run is never followed from one with the other missing.
 *
 * @typedef {{ question: string, parts: Part[], state: string, told?: string, trouble?: string[], handle?: RunHandle }} Turn
 */

const GOES_ON = ['connecting', 'open', 'reconnecting'];
const STORE = 'outflow-chat';
/** Server-sent events of this project's own: they have the numbers from which an answer goes on. */
const PATH = '/chat/{chat}';
const query = /** @type {const} */ ({ format: 'sse' });

/** @type {(id: string) => any} */
const at = id => document.getElementById(id);

/** @type {Turn[]} */
let turns = restored();
/** The name of this tab's chat: at most one answer of a name is open. */
let chat = sessionStorage.getItem(`${STORE}-name`) ?? newChat();
/** The stream of the last turn, while it goes on. @type {RouteStream<typeof PATH> | undefined} */
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
    return [{ question: question ?? '', parts: [], state: 'connecting', handle }];
  }
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? 'null') ?? [];
  } catch {
    return []; // no storage, or not ours
  }
}

function newChat() {
  const name = crypto.randomUUID();
  sessionStorage.setItem(`${STORE}-name`, name);
  return name;
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
  draw(item.querySelector('.parts'), turn.parts, goesOn, (tool, approved) => {
    tool.approved = approved;
    at('question').focus(); // the buttons go
    send(turn);
  });
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
  at('send').disabled = turn.state === 'asking';
  at('question').placeholder = turn.state === 'asking' ? 'Say yes or no first' : 'Your question';
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

/**
 * The messages that ask for the answer of a turn: the conversation before it, its question, and the approvals, in the AI
 * SDK's words.
 *
 * @param {Turn} turn
 * @returns {UiMessage[]}
 */
function messagesOf(turn) {
  const at = turns.indexOf(turn);
  return turns.slice(0, at + 1).flatMap(({ question, parts }, index) => {
    const said = index < at ? [{ type: 'text', text: textOf(parts) }] : settled(parts);
    /** @type {UiMessage[]} */
    const messages = [
      { id: `question-${index}`, role: 'user', parts: [{ type: 'text', text: question }] },
      { id: `answer-${index}`, role: 'assistant', parts: said },
    ];
    return messages.filter(({ parts }) => parts.some(({ type, text }) => type !== 'text' || text));
  });
}

/** @param {string} question */
function ask(question) {
  /** @type {Turn} */
  const turn = { question, parts: [], state: 'connecting', told: 'Asking …' };
  turns.push(turn);
  for (const one of turns.slice(-2)) show(one); // only the last one can be asked again
  scrollTo(0, document.documentElement.scrollHeight);
  send(turn);
}

/** Asks for an answer, or for what comes after an approval. @param {Turn} turn */
function send(turn) {
  if (!globalThis.outflow) return scriptMissing(turn);
  follow(turn, outflow.stream(PATH, { ...requestOf(turn), resumable: true }));
  update(turn, { state: 'connecting', told: 'Asking …' });
}

/** @param {Turn} turn @returns {Pick<RouteOptions<typeof PATH>, 'json' | 'params' | 'query'>} */
const requestOf = turn => ({ params: { chat }, query, json: { messages: messagesOf(turn) } });

/** Goes on with an answer that was left. @param {Turn} turn */
function comeBack(turn) {
  if (!GOES_ON.includes(turn.state) || !turn.handle) return;
  if (!globalThis.outflow) return scriptMissing(turn);
  update(turn, { state: 'connecting', told: 'Coming back …' });
  // The handle is there from the start. If the page was left before the server had said where the answer is, the
  // question is sent again, and the handle's key makes it the same one.
  const { json } = requestOf(turn);
  follow(turn, /** @type {RouteStream<typeof PATH>} */ (outflow.stream.resume(turn.handle, { json })));
}

/** @param {Turn} turn */
function scriptMissing(turn) {
  const trouble = ['The script /outflow.js did not load.', 'See that the server is running, then load the page again.'];
  // Not kept: with the script the answer can be followed.
  atEnd(() => show(Object.assign(turn, { state: 'failed', told: 'Failed', trouble })));
}

/** @param {Turn} turn @param {RouteStream<typeof PATH>} stream */
function follow(turn, stream) {
  running = stream;
  const isOver = () => stream !== running;
  stream
    .progress(packet => {
      if (isOver()) return;
      add(turn.parts, packet);
      update(turn, {});
    })
    .done(({ tokens, seconds, model }) => {
      if (asks(turn.parts)) end({ state: 'asking', told: 'Waiting for your approval' });
      else end({ state: 'done', told: `${tokens} tokens in ${seconds.toFixed(1)} s, by ${model}` });
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
    protocol: [error.message, 'Something else answered. Open this page at the address that the example prints.'],
  };
  const help = error.problem?.help ?? 'The log of the server may say more. Then ask again.';
  const told = [error.detail ?? error.message, help];
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
  if (!question || running || turns.at(-1)?.state === 'asking') return at('question').focus();
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
  chat = newChat();
  at('turns').replaceChildren();
  at('status').textContent = '';
  at('stop').hidden = true;
  at('send').hidden = false;
  at('send').disabled = false;
  at('question').placeholder = 'Your question';
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

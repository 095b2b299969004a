// AG-UI's `HttpAgent` for a chat whose answers outlive the page.

import { HttpAgent, type Interrupt, type Message, buildResumeArray } from '@ag-ui/client';

import { load, save } from './history';
import { Run } from './run';
import { type Ending, type Summary, reason, summary } from './ui';

export type Source = { url: string; title?: string };

/** What the page shows. */
export type View = {
  messages: Message[];
  interrupts: Interrupt[];
  /** The sources of each answer, by the id of its question. */
  sources: Record<string, Source[]>;
  /** How each answer ended, by the id of its question. */
  endings: Record<string, Ending>;
};

type Kept = View & { isOpen: boolean };

const NOTHING: Kept = { messages: [], interrupts: [], sources: {}, endings: {}, isOpen: false };

/** The chat of this name. It calls `changed` with everything that there is to show. */
export function openChat(chat: string, changed: (view: View) => void) {
  const name = `ag-ui ${chat}`;
  const run = new Run(chat, 'text/event-stream;profile=ag-ui');
  const { messages, interrupts, sources, endings, isOpen } = load<Kept>(name, NOTHING);
  let follows = isOpen;
  let isRunning = false;
  const agent = new HttpAgent({
    url: run.url,
    threadId: chat,
    initialMessages: messages,
    fetch: (url, init) => (follows ? run.follow(init?.signal) : run.send(url, init)),
  });
  agent.pendingInterrupts = interrupts;

  const question = () => agent.messages.findLast(message => message.role === 'user')?.id ?? '';
  // What a run answers is no question to the person any more.
  const view = (): View => ({
    messages: agent.messages,
    interrupts: isRunning ? [] : agent.pendingInterrupts,
    sources,
    endings,
  });
  const show = (ending: Ending) => {
    endings[question()] = ending;
    changed(view());
  };
  const fail = (trouble: string) => show({ state: 'failed', told: 'Failed', trouble });

  agent.subscribe({
    onMessagesChanged: () => changed(view()),
    onRunStartedEvent: () => show({ state: 'open', told: 'Answering …' }),
    onCustomEvent({ event }) {
      if (event.name !== 'source') return;
      const known = (sources[question()] ??= []);
      if (!known.some(({ url }) => url === event.value.url)) known.push(event.value);
    },
    onRunFinishedEvent(finished) {
      if (finished.outcome === 'interrupt') show({ state: 'asking', told: 'Waiting for your approval' });
      if (finished.outcome === 'cancelled') show({ state: 'cancelled', told: 'Stopped' });
      if (finished.outcome === 'success') show({ state: 'done', told: summary(finished.result as Summary) });
    },
    onRunErrorEvent: ({ event }) => fail(event.message),
  });

  /** Runs the agent, and keeps what a page that is loaded again needs. */
  async function go(resume?: ReturnType<typeof buildResumeArray>) {
    isRunning = true;
    show({ state: 'connecting', told: follows ? 'Coming back …' : 'Asking …' });
    save<Kept>(name, { ...view(), isOpen: true });
    let isOpen = false;
    try {
      await agent.runAgent(resume && { resume });
    } catch (error) {
      const { state } = endings[question()] ?? {};
      // An error of the protocol is shown already. A request that failed has a status, and a connection that broke none.
      if (state === 'connecting' || state === 'open') {
        const { status, payload, message } = error as Error & { status?: number; payload?: unknown };
        isOpen = status === undefined;
        fail(isOpen ? 'The connection broke. Load the page again to read on.' : reasonOf(payload, message));
      }
    }
    follows = isRunning = false;
    changed(view()); // with the interrupts, which come last
    if (!isOpen) save<Kept>(name, { ...view(), isOpen });
  }

  return {
    view,
    /** Goes on with the answer that was open when the page was left. */
    resume: () => void (follows && go()),
    ask(content: string) {
      agent.addMessage({ id: crypto.randomUUID(), role: 'user', content });
      void go();
    },
    /** Asks the last question again. */
    again() {
      const at = agent.messages.findIndex(({ id }) => id === question());
      agent.setMessages(agent.messages.slice(0, at + 1));
      agent.pendingInterrupts = [];
      void go();
    },
    approve(id: string, approved: boolean) {
      void go(buildResumeArray(agent.pendingInterrupts, { [id]: { status: 'resolved', payload: { approved } } }));
    },
    stop: () => void run.stop(),
  };
}

/** What a refusal says: a problem document, or text. */
function reasonOf(payload: unknown, message: string): string {
  if (typeof payload === 'string') return reason(payload);
  return payload ? reason(JSON.stringify(payload)) : message;
}

// How both pages look.

import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import '../../chat.css';

const SUGGESTIONS = ['What is a stream?', 'How is the level?', 'Open the gate!', 'Please fail.'];

/** `asking` waits for the person. */
export type State = 'connecting' | 'open' | 'asking' | 'done' | 'cancelled' | 'failed';

export type Ending = { state: State; told: string; trouble?: string };

type PageProps = {
  /** The path of this page. */
  path: string;
  about: string;
  /** How the last answer stands. */
  ending: Ending | undefined;
  ask(question: string): void;
  stop(): void;
  children: ReactNode[];
};

export function Page({ path, about, ending, ask, stop, children }: PageProps) {
  const isBusy = ending?.state === 'connecting' || ending?.state === 'open';
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => end.current?.scrollIntoView({ block: 'end' }), []);
  useEffect(() => {
    const { scrollHeight } = document.documentElement;
    if (innerHeight + scrollY > scrollHeight - 160) end.current?.scrollIntoView({ block: 'end' });
  });
  return (
    <>
      <header>
        <h1>Chat</h1>
        <p>{about}</p>
        {children.length > 0 && (
          <button type="button" onClick={() => location.assign(path)}>
            New chat
          </button>
        )}
        <Faces path={path} />
      </header>
      <main>
        {children.length > 0 ? (
          <ol aria-label="Conversation">{children}</ol>
        ) : (
          <div id="welcome">
            <p>Ask something. The small model of this example knows thirty sentences about rivers, and mixes them.</p>
            <div>
              {SUGGESTIONS.map(text => (
                <button key={text} type="button" onClick={() => ask(text)}>
                  {text}
                </button>
              ))}
            </div>
          </div>
        )}
      </main>
      <p className="unseen" role="status">
        {ending?.told}
      </p>
      <Composer isBusy={isBusy} waits={ending?.state === 'asking'} ask={ask} stop={stop} />
      <div ref={end} />
    </>
  );
}

function Faces({ path }: { path: string }) {
  const faces = [
    ['/', 'Plain page'],
    ['/react', 'useChat'],
    ['/ag-ui', 'AG-UI'],
  ];
  return (
    <nav aria-label="Front ends">
      {faces.map(([to, name]) => (
        <a key={to} href={to} aria-current={to === path ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

type ComposerProps = { isBusy: boolean; waits: boolean; ask(question: string): void; stop(): void };

function Composer({ isBusy, waits, ask, stop }: ComposerProps) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    field.current?.focus();
    if (!text.trim() || isBusy || waits) return;
    setText('');
    ask(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Not the Enter that ends a word of an input method.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  };
  const stopped = () => {
    field.current?.focus(); // a hidden button loses the focus
    stop();
  };
  return (
    <form aria-label="Ask" onSubmit={submit}>
      <div className="field">
        <textarea
          ref={field}
          id="question"
          rows={1}
          maxLength={2000}
          aria-label="Your question"
          placeholder={waits ? 'Say yes or no first' : 'Your question'}
          value={text}
          onChange={event => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {/* The keys keep React from turning the one into the other, which the click would then submit. */}
        {isBusy ? (
          <button key="stop" type="button" onClick={stopped}>
            Stop
          </button>
        ) : (
          <button key="send" type="submit" disabled={waits}>
            Send
          </button>
        )}
      </div>
    </form>
  );
}

type TurnProps = { question: string; ending: Ending; again?: (() => void) | undefined; children: ReactNode };

/** A question and its answer, whose parts are the children. */
export function Turn({ question, ending: { state, told, trouble }, again, children }: TurnProps) {
  return (
    <li data-state={state}>
      <p className="question">{question}</p>
      <div className="parts">{children}</div>
      <div className="trouble" role="alert">
        {trouble && <strong>{trouble}</strong>}
      </div>
      <p className="foot">
        <span>{told}</span>
        {again && (state === 'failed' || state === 'cancelled') && (
          <button type="button" onClick={again}>
            Ask again
          </button>
        )}
      </p>
    </li>
  );
}

export const Text = ({ text }: { text: string }) => <p className="text">{text}</p>;

export function Reasoning({ text, isOpen }: { text: string; isOpen: boolean }) {
  return (
    <details className="reasoning" open={isOpen}>
      <summary>{isOpen ? 'Thinking …' : 'Reasoning'}</summary>
      <p>{text}</p>
    </details>
  );
}

type ToolProps = {
  name: string;
  /** How the call stands, in words. */
  state: string;
  input: unknown;
  output?: unknown;
  /** The question to the person, if there is one. */
  asks?: string | undefined;
  answer?(approved: boolean): void;
};

export function Tool({ name, state, input, output, asks, answer }: ToolProps) {
  const settle = (approved: boolean) => {
    document.getElementById('question')?.focus(); // the buttons go
    answer?.(approved);
  };
  return (
    <section className="tool" aria-label={`Tool ${name}`}>
      <h2>
        {name.replaceAll('_', ' ')} <span>{state}</span>
      </h2>
      <pre>{words(input)}</pre>
      <pre>{words(output)}</pre>
      {answer && (
        <div className="approval" role="group" aria-label={`Approve ${name}`}>
          <p>{asks ?? 'May this tool run?'}</p>
          <div>
            <button type="button" onClick={() => settle(true)}>
              Approve
            </button>
            <button type="button" onClick={() => settle(false)}>
              Decline
            </button>
          </div>
        </div>
      )}
    </section>
  );
}

/** JSON as people read it: `gate: Mill weir`. */
function words(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([key, member]) => `${key}: ${typeof member === 'object' ? JSON.stringify(member) : member}`)
    .join('\n');
}

export function Sources({ list }: { list: { url: string; title?: string | undefined }[] }) {
  if (list.length === 0) return null;
  return (
    <ul className="sources" aria-label="Sources">
      {list.map(({ url, title }) => (
        <li key={url}>
          <a href={url} target="_blank" rel="noopener">
            {title ?? url}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** The end of an answer, in words. */
export function summary({ tokens, seconds, model }: Summary): string {
  return `${tokens} tokens in ${seconds.toFixed(1)} s, by ${model}`;
}

export type Summary = { tokens: number; seconds: number; model: string };

/** What a failure says, which may be a problem document. */
export function reason(message: string): string {
  try {
    const problem = JSON.parse(message);
    return problem.detail ?? problem.title ?? message;
  } catch {
    return message;
  }
}

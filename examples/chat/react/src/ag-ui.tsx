// The chat by AG-UI's `HttpAgent`.

import type { Interrupt, Message } from '@ag-ui/client';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { type View, openChat } from './agent';
import { chatOfUrl } from './history';
import { Page, Reasoning, Sources, Text, Tool, Turn } from './ui';

let changed: (view: View) => void = () => {};
const chat = openChat(chatOfUrl(), view => changed(view));

function Chat() {
  const [view, setView] = useState(chat.view);
  useEffect(() => {
    changed = setView;
    chat.resume();
  }, []);
  const turns = turnsOf(view.messages);
  const last = turns.at(-1)?.question.id ?? '';
  return (
    <Page
      path="/ag-ui"
      about="AG-UI's HttpAgent. Reload this page in the middle of an answer, or open it in a second tab."
      ending={view.endings[last]}
      ask={chat.ask}
      stop={chat.stop}
    >
      {turns.map(({ question, answer }) => (
        <Turn
          key={question.id}
          question={String(question.content)}
          ending={view.endings[question.id] ?? { state: 'cancelled', told: 'Stopped' }}
          again={question.id === last ? chat.again : undefined}
        >
          {answer.map(message => partsOf(message, answer, view))}
          <Sources list={view.sources[question.id] ?? []} />
        </Turn>
      ))}
    </Page>
  );
}

/** The questions, each with the messages that answer it. */
function turnsOf(messages: Message[]) {
  const turns: { question: Message; answer: Message[] }[] = [];
  for (const message of messages) {
    if (message.role === 'user') turns.push({ question: message, answer: [] });
    else turns.at(-1)?.answer.push(message);
  }
  return turns;
}

function partsOf(message: Message, answer: Message[], { interrupts, endings }: View) {
  if (message.role === 'reasoning') {
    const isLast = message === answer.at(-1);
    const isOpen = isLast && Object.values(endings).some(({ state }) => state === 'open');
    return <Reasoning key={message.id} text={message.content} isOpen={isOpen} />;
  }
  if (message.role !== 'assistant') return null;
  return (
    <div key={message.id} className="parts">
      {message.content && <Text text={message.content} />}
      {message.toolCalls?.map(({ id, function: called }) => {
        const result = answer.find(other => other.role === 'tool' && other.toolCallId === id);
        const interrupt = interrupts.find(({ toolCallId }) => toolCallId === id);
        return (
          <Tool
            key={id}
            name={called.name}
            state={stateOf(interrupt, result)}
            input={parsed(called.arguments)}
            output={parsed(result?.content)}
            asks={interrupt?.message}
            {...(interrupt && { answer: (approved: boolean) => chat.approve(interrupt.id, approved) })}
          />
        );
      })}
    </div>
  );
}

function stateOf(interrupt: Interrupt | undefined, result: Message | undefined) {
  if (interrupt) return 'needs your approval';
  return result ? 'done' : 'runs …';
}

/** JSON, as far as it has come. */
function parsed(json: unknown): unknown {
  try {
    return JSON.parse(String(json));
  } catch {
    return json;
  }
}

createRoot(document.getElementById('page')!).render(<Chat />);

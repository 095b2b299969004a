// The chat by the AI SDK's `useChat`, with its stock transport.

import { useChat } from '@ai-sdk/react';
import {
  DefaultChatTransport,
  type UIMessage,
  getToolName,
  isToolUIPart,
  lastAssistantMessageIsCompleteWithApprovalResponses,
} from 'ai';
import { useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { chatOfUrl, load, save } from './history';
import { Run } from './run';
import { type Ending, Page, Reasoning, Sources, type Summary, Text, Tool, Turn, reason, summary } from './ui';

type Message = UIMessage<Partial<Summary>>;
type Part = Message['parts'][number];
type Approve = (id: string, approved: boolean) => void;

/** The messages, whether an answer to them is open, and how the last one ended if not well. */
type Kept = {
  messages: Message[];
  isOpen?: boolean;
  ending?: Ending | undefined;
  /** How the answers ended that did not finish, by the id of their question. */
  endings?: Record<string, Ending>;
};

const chat = chatOfUrl();
const kept = load<Kept>(`react ${chat}`, { messages: [] });
const run = new Run(chat, 'text/event-stream;profile=ai-sdk');

const transport = new DefaultChatTransport<Message>({
  api: run.url,
  prepareReconnectToStreamRequest: () => ({ api: `${run.url}/stream` }),
  // An answer that goes on after an approval belongs to a message that the page has already.
  resumeStreamIsReplay: kept.messages.at(-1)?.role !== 'assistant',
  fetch: (url, init) => (init?.method === 'POST' ? run.send(url, init) : run.follow(init?.signal)),
});

const STOPPED: Ending = { state: 'cancelled', told: 'Stopped' };
const failed = (trouble: string): Ending => ({ state: 'failed', told: 'Failed', trouble });

function Chat() {
  const [ending, setEnding] = useState(kept.ending);
  const failure = useRef<Ending>(undefined);
  const { current: endings } = useRef(kept.endings ?? {});
  const { messages, sendMessage, regenerate, addToolApprovalResponse, status } = useChat<Message>({
    id: chat,
    messages: kept.messages,
    resume: kept.isOpen ?? false,
    transport,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    onError(error) {
      failure.current = failed(reason(error.message));
      setEnding(failure.current);
    },
    onFinish({ messages, isDisconnect, isAbort, isError, finishReason }) {
      if (isDisconnect) return setEnding(failed('The connection broke. Load the page again to read on.'));
      if (isAbort) return;
      // An answer that was stopped has no reason to finish.
      const ending = isError ? failure.current : finishReason ? undefined : STOPPED;
      setEnding(ending);
      const id = turnsOf(messages).at(-1)?.id ?? '';
      if (ending) endings[id] = ending;
      else delete endings[id];
      save<Kept>(`react ${chat}`, { messages, ending, endings });
    },
  });
  useEffect(() => {
    if (status !== 'submitted') return;
    setEnding(undefined);
    save<Kept>(`react ${chat}`, { messages, isOpen: true, endings });
  }, [status]);

  const turns = turnsOf(messages);
  const last = turns.at(-1);
  const now = last && (ending ?? stateOf(status, last.parts, last.answer));
  const approve: Approve = (id, approved) => void addToolApprovalResponse({ id, approved });
  return (
    <Page
      path="/react"
      about="The AI SDK's useChat, with its stock transport. Reload this page in the middle of an answer, or open it in a second tab."
      ending={now}
      ask={text => void sendMessage({ text })}
      stop={() => void run.stop()}
    >
      {turns.map(turn => (
        <Turn
          key={turn.id}
          question={turn.question}
          ending={turn === last && now ? now : (endings[turn.id] ?? stateOf('ready', turn.parts, turn.answer))}
          again={turn === last ? () => void regenerate() : undefined}
        >
          {turn.parts.map((part, at) => partOf(part, at, approve))}
          <Sources list={turn.parts.filter(part => part.type === 'source-url')} />
        </Turn>
      ))}
    </Page>
  );
}

/** The questions, each with the message that answers it. */
function turnsOf(messages: Message[]) {
  return messages.flatMap((message, at) => {
    if (message.role !== 'user') return [];
    const next = messages[at + 1];
    const answer = next?.role === 'assistant' ? next : undefined;
    const question = message.parts.map(part => (part.type === 'text' ? part.text : '')).join('');
    return [{ id: message.id, question, answer, parts: answer?.parts ?? [] }];
  });
}

function stateOf(status: string, parts: Part[], answer: Message | undefined): Ending {
  if (status === 'submitted') return { state: 'connecting', told: 'Asking …' };
  if (status === 'streaming') return { state: 'open', told: 'Answering …' };
  if (parts.some(part => isToolUIPart(part) && part.state === 'approval-requested')) {
    return { state: 'asking', told: 'Waiting for your approval' };
  }
  const { tokens, seconds, model } = answer?.metadata ?? {};
  if (tokens === undefined || seconds === undefined || model === undefined) return STOPPED;
  return { state: 'done', told: summary({ tokens, seconds, model }) };
}

const TOOL_STATES = {
  'input-streaming': 'runs …',
  'input-available': 'runs …',
  'approval-requested': 'needs your approval',
  'approval-responded': 'answered',
  'output-available': 'done',
  'output-error': 'failed',
  'output-denied': 'declined',
};

function partOf(part: Part, at: number, approve: Approve) {
  if (part.type === 'text') return <Text key={at} text={part.text} />;
  if (part.type === 'reasoning') return <Reasoning key={at} text={part.text} isOpen={part.state === 'streaming'} />;
  if (!isToolUIPart(part)) return null;
  const { approval, state } = part;
  const asks = state === 'approval-requested' ? part.approval : undefined;
  return (
    <Tool
      key={at}
      name={getToolName(part)}
      state={approval?.approved && state === 'approval-responded' ? 'runs …' : TOOL_STATES[state]}
      input={part.input}
      output={part.output ?? part.errorText}
      asks={asks?.requestReason}
      {...(asks && { answer: (approved: boolean) => approve(asks.id, approved) })}
    />
  );
}

createRoot(document.getElementById('page')!).render(<Chat />);

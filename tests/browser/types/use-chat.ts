// Programs that the compiler accepts, or refuses where it says so: `outflow/ai-sdk` in `useChat`.

import { useChat } from '@ai-sdk/react';
import type { ChatTransport, UIMessage } from 'ai';

import { OutflowChatTransport } from '../../../runtime/client/ai-sdk.js';

type Message = UIMessage<{ model: string }>;

export const plain: ChatTransport<UIMessage> = new OutflowChatTransport();

export const transport: ChatTransport<Message> = new OutflowChatTransport<Message>({
  headers: async () => ({ authorization: 'me' }),
  credentials: 'include',
  body: () => ({ model: 'stand-in' }),
  storage: sessionStorage,
  reconnect: { retries: 3 },
  prepareSendMessagesRequest: ({ id, messages }) => ({ body: { id, model: messages.at(-1)?.metadata?.model } }),
});

export const useModel = (): string | undefined =>
  useChat<Message>({ transport, resume: true }).messages[0]?.metadata?.model;

export const useInferred = () => useChat({ transport: new OutflowChatTransport({ api: '/chat' }) });

// @ts-expect-error there is no such option
new OutflowChatTransport({ apo: '/chat' });
// @ts-expect-error a request has a body
new OutflowChatTransport({ prepareSendMessagesRequest: () => ({ api: '/chat' }) });
// @ts-expect-error a message has parts
new OutflowChatTransport<Message>().sendMessages({ messages: [{ id: '1', role: 'user' }] });

// A call of the generated client, which reads server-sent events.

import { chatAnswer } from './generated';
import type { Problem, Token } from './generated';

export async function ask(question: string) {
  const { stream } = await chatAnswer({ path: { room: 'a' }, body: { question } });
  let text = '';
  for await (const token of stream) text += token.text;
  return text;
}

export const token: Token = { text: 'a' };
export const failure: Problem = { type: 'about:blank', title: 'Conflict', status: 409, left: 3 };

// @ts-expect-error: the body is missing
void chatAnswer({ path: { room: 'a' } });
// @ts-expect-error: a question is a text
void chatAnswer({ path: { room: 'a' }, body: { question: 1 } });

// A call of the generated client, which reads server-sent events.

import { wordsAsk } from './generated';
import type { Problem, Word } from './generated';

export async function ask(question: string) {
  const { stream } = await wordsAsk({ path: { room: 'a' }, body: { text: question } });
  let text = '';
  for await (const word of stream) text += word.text;
  return text;
}

export const word: Word = { text: 'a', index: 1 };
export const failure: Problem = { type: 'about:blank', title: 'Conflict', status: 409, left: 3 };

// @ts-expect-error: the body is missing
void wordsAsk({ path: { room: 'a' } });
// @ts-expect-error: a question is a text
void wordsAsk({ path: { room: 'a' }, body: { text: 1 } });

// The types of the action that a caller needs: body, parameters, packets and failure.

import type { components, paths } from './generated.js';

type Answer = paths['/words/{room}/answer']['post'];
type Packet = Answer['responses'][200]['content']['text/event-stream'];

export const packet: Packet = { text: 'a', index: 1 };
export const word: components['schemas']['Word'] = packet;
export const body: Answer['requestBody']['content']['application/json'] = { text: 'why?', depth: 1 };
export const params: Answer['parameters']['path'] = { room: 'a' };
export const failure: Answer['responses']['default']['content']['application/problem+json'] = {
  type: 'about:blank',
  title: 'Conflict',
  status: 409,
  left: 3,
};
// @ts-expect-error: a packet has a text
export const wrong: Packet = { text: 1, index: 1 };

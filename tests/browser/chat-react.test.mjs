// The page of the `chat` example that uses the AI SDK's `useChat`, with its stock transport.

import { testFace } from './support/chat-face.mjs';

await testFace('/react');

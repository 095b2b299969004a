// The page of the `chat` example that uses AG-UI's `HttpAgent`.

import { testFace } from './support/chat-face.mjs';

await testFace('/ag-ui');

import { defineConfig } from 'vite';

// Two pages, which the example serves at /react and /ag-ui. `npm run dev` passes their questions on to it.
export default defineConfig({
  build: { rollupOptions: { input: ['react.html', 'ag-ui.html'] } },
  server: { proxy: { '/chat': 'http://127.0.0.1:3000', '/corpus.txt': 'http://127.0.0.1:3000' } },
});

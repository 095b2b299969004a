// The proxy in Bun: `fetch` on one side and `Bun.serve` on the other.

import { randomBytes } from 'node:crypto';

async function complete(request) {
  const body = await request.text();
  const { model } = JSON.parse(body);
  const id = `chatcmpl-${randomBytes(12).toString('hex')}`;
  const created = Math.floor(Date.now() / 1000);
  const event = (delta, finish_reason = null) => {
    const chunk = { id, object: 'chat.completion.chunk', created, model, choices: [{ index: 0, delta, finish_reason }] };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  };

  const headers = { 'Content-Type': 'application/json' };
  const upstream = await fetch(process.env.UPSTREAM, { method: 'POST', headers, body, signal: request.signal });
  if (!upstream.ok) return new Response(null, { status: 502 });

  async function* events() {
    yield event({ role: 'assistant', content: '' });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const piece of upstream.body) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop();
      let out = '';
      for (const line of lines) {
        if (!line.startsWith('data: {')) continue;
        const token = JSON.parse(line.slice(6)).choices[0]?.delta?.content;
        if (token) out += event({ content: token });
      }
      if (out) yield out;
    }
    yield `${event({}, 'stop')}data: [DONE]\n\n`;
  }

  return new Response(events, { headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' } });
}

const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: complete });
console.log(`127.0.0.1:${server.port}`);

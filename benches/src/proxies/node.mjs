// The proxy in plain Node: `http` on both sides, and nothing else.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request as send } from 'node:http';
import { text } from 'node:stream/consumers';

const agent = new Agent({ keepAlive: true });

async function ask(body) {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const request = send(process.env.UPSTREAM, { method: 'POST', agent, headers });
  request.end(body);
  const [response] = await once(request, 'response');
  response.setEncoding('utf8');
  return response;
}

async function complete(request, response) {
  const body = await text(request);
  const { model } = JSON.parse(body);
  const id = `chatcmpl-${randomBytes(12).toString('hex')}`;
  const created = Math.floor(Date.now() / 1000);
  const write = (delta, finish_reason = null) => {
    const chunk = { id, object: 'chat.completion.chunk', created, model, choices: [{ index: 0, delta, finish_reason }] };
    return response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };

  const upstream = await ask(body);
  if (upstream.statusCode !== 200) throw new Error(`the model answers with ${upstream.statusCode}`);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  write({ role: 'assistant', content: '' });
  let rest = '';
  for await (const piece of upstream) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    let hasRoom = true;
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const token = JSON.parse(line.slice(6)).choices[0]?.delta?.content;
      if (token) hasRoom = write({ content: token });
    }
    if (!hasRoom) await once(response, 'drain');
  }
  write({}, 'stop');
  response.end('data: [DONE]\n\n');
}

const server = createServer((request, response) => {
  complete(request, response).catch(error => {
    if (response.headersSent) response.destroy(error);
    else response.writeHead(502).end();
  });
});

server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));

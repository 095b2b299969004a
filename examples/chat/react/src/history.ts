// What a page keeps of a chat. While an answer is open these are the messages that it answers, so that a page that is
// loaded again can read the whole of it.

/** The chat that the URL names, or a new one. */
export function chatOfUrl(): string {
  const url = new URL(location.href);
  const chat = url.searchParams.get('chat') ?? crypto.randomUUID();
  url.searchParams.set('chat', chat);
  history.replaceState(null, '', url);
  return chat;
}

/** What is kept under this name. */
export function load<T>(name: string, otherwise: T): T {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') ?? otherwise;
  } catch {
    return otherwise; // not ours
  }
}

export function save<T>(name: string, value: T) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Without storage the page works all the same, but a reload begins anew.
  }
}

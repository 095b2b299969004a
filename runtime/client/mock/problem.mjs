// Problem documents (RFC 9457), as the server writes them.

/** The titles of the statuses that actions fail with most. @type {Record<number, string>} */
export const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** The failure of a server that stops. */
export const SHUTTING_DOWN = { status: 503, detail: 'the server is shutting down' };

/** @typedef {{ status: number, [member: string]: unknown }} Problem */

/**
 * The document as JSON, with its members in alphabetical order.
 *
 * @param {Problem} members
 */
export function problemJson(members) {
  const document = { title: TITLES[members.status], type: 'about:blank', ...members };
  /** @type {string[]} */
  const names = [];
  JSON.stringify(document, (name, value) => names.push(name) && value); // those of objects in it too
  return JSON.stringify(document, names.sort());
}

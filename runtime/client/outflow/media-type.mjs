// The media type of a response.

/** A media type (RFC 6838, section 4.2). */
const MEDIA_TYPE = /^[-\w.+!#$&^]+\/[-\w.+!#$&^]+$/;

/**
 * The media type that browsers see (Fetch standard, section 2.2.2, "extract a MIME type"), without its parameters: the
 * last valid one, because a header that was sent twice arrives as a list.
 *
 * @param {Response} response
 */
export function typeOf({ headers }) {
  // Quotes may hold commas.
  const list = `${headers.get('content-type')}`.toLowerCase().replace(/"(\\.|[^"\\])*"?/g, '"');
  const types = list.split(',').map(value => value.split(';')[0].trim());
  return types.filter(type => MEDIA_TYPE.test(type)).pop() ?? '';
}

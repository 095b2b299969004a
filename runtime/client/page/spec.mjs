// What the page needs of an OpenAPI document: its actions, and schemas with their references followed.

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'query'];

/**
 * An action of the document.
 *
 * @typedef {object} Action
 * @property {string} id
 * @property {string} method In capitals.
 * @property {string} path
 * @property {string} tag
 * @property {string} [summary]
 * @property {string} [description]
 * @property {boolean} [deprecated]
 * @property {any[]} parameters
 * @property {any} [body] The request body.
 * @property {any} responses
 * @property {any} [outflow] What a stream sends: `x-outflow` of the document.
 * @property {string[]} security The names of the schemes that it asks for.
 */

export class Spec {
  /** @param {any} root @param {string} url Where the document is from. */
  constructor(root, url) {
    if (!root?.openapi || !root.paths) throw new TypeError('This is no OpenAPI document.');
    this.root = root;
    this.title = root.info?.title || 'API';
    /** @type {Record<string, any>} */
    this.schemes = root.components?.securitySchemes ?? {};
    this.base = base(root.servers, url);
    this.actions = [...this.#actions()];
  }

  *#actions() {
    for (const [path, written] of Object.entries(this.root.paths)) {
      const item = this.resolve(written);
      for (const method of METHODS) {
        const operation = item[method];
        if (operation) yield this.#action(path, method, operation, item.parameters ?? []);
      }
    }
  }

  /** @returns {Action} */
  #action(path, method, operation, shared) {
    const parameters = [...shared, ...(operation.parameters ?? [])].map(one => this.resolve(one));
    const needed = operation.security ?? this.root.security ?? [];
    return {
      id: operation.operationId ?? `${method} ${path}`,
      method: method.toUpperCase(),
      path,
      tag: operation.tags?.[0] ?? '',
      summary: operation.summary,
      description: operation.description,
      deprecated: operation.deprecated,
      // The later one of the same name is the operation's own.
      parameters: [...new Map(parameters.map(one => [`${one.in} ${one.name}`, one])).values()],
      body: operation.requestBody && this.resolve(operation.requestBody),
      responses: operation.responses ?? {},
      outflow: operation['x-outflow'],
      security: [...new Set(needed.flatMap(one => Object.keys(one)))],
    };
  }

  /** The description of a tag. @param {string} name */
  about(name) {
    return this.root.tags?.find(tag => tag.name === name)?.description;
  }

  /** What a reference leads to, with the members beside it. @param {any} value */
  resolve(value) {
    const seen = new Set();
    while (value?.$ref?.startsWith('#/') && !seen.has(value.$ref)) {
      seen.add(value.$ref);
      const { $ref, ...own } = value;
      const keys = $ref.slice(2).split('/').map(decodeKey);
      value = { ...keys.reduce((at, key) => at?.[key], this.root), ...own };
    }
    return value ?? {};
  }

  /**
   * A schema without references, with the parts of `allOf` in one, and `nullable` where `null` is among what it allows.
   *
   * @param {any} written
   * @returns {any}
   */
  schema(written) {
    if (typeof written !== 'object' || !written) return {};
    let schema = this.resolve(written);
    for (const part of schema.allOf ?? []) {
      const { properties, required, ...rest } = this.schema(part);
      schema = {
        ...rest,
        ...schema,
        properties: properties && { ...properties, ...schema.properties },
        required: [...(required ?? []), ...(schema.required ?? [])],
      };
      if (!schema.properties) delete schema.properties;
    }
    const options = schema.oneOf ?? schema.anyOf;
    if (options) {
      const others = options.filter(one => this.resolve(one).type !== 'null');
      const nullable = schema.nullable || others.length < options.length;
      const { oneOf, anyOf, ...own } = schema;
      schema =
        others.length === 1 ? { ...this.schema(others[0]), ...own, nullable } : { ...own, oneOf: others, nullable };
    }
    if (Array.isArray(schema.type)) {
      const types = schema.type.filter(type => type !== 'null');
      const nullable = types.length < schema.type.length;
      schema = { ...schema, nullable, type: types.length === 1 ? types[0] : undefined };
    }
    return schema;
  }
}

/** The URL that paths are appended to: that of the first server of this origin. */
function base(servers, url) {
  for (const server of servers ?? []) {
    const filled = String(server.url).replace(/\{(.+?)\}/g, (_, name) => server.variables?.[name]?.default ?? '');
    const { origin, pathname } = new URL(filled, url);
    if (origin === location.origin) return origin + pathname.replace(/\/$/, '');
  }
  return location.origin;
}

/** @param {string} key */
const decodeKey = key => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');

// A schema in a few words, as a type is written in TypeScript.

/** @import { Spec } from './spec.mjs' */

const DEEPEST = 4;

/**
 * @param {Spec} spec
 * @param {any} written
 * @param {number} [depth]
 * @returns {string}
 */
export function typeOf(spec, written, depth = 0) {
  if (written === false) return 'never';
  const schema = spec.schema(written);
  const text = bare(spec, schema, depth);
  return schema.nullable ? `${text} | null` : text;
}

function bare(spec, schema, depth) {
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(one => JSON.stringify(one)).join(' | ');
  if (schema.oneOf) {
    if (depth > DEEPEST) return '…';
    return schema.oneOf.map(one => typeOf(spec, one, depth + 1)).join(' | ');
  }
  switch (schema.type) {
    case 'array':
      if (schema.prefixItems) return `[${schema.prefixItems.map(one => typeOf(spec, one, depth + 1)).join(', ')}]`;
      return `Array<${typeOf(spec, schema.items, depth)}>`;
    case 'integer':
      return schema.format ?? 'integer';
    case 'string':
      return schema.format ? `string (${schema.format})` : 'string';
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type;
    default:
      return schema.properties || schema.additionalProperties
        ? objectType(spec, schema, depth)
        : (schema.type ?? 'any');
  }
}

function objectType(spec, schema, depth) {
  if (depth > DEEPEST) return '{ … }';
  const indent = '  '.repeat(depth);
  const lines = Object.entries(schema.properties ?? {}).map(([name, one]) => {
    const mark = schema.required?.includes(name) ? '' : '?';
    return `${indent}  ${name}${mark}: ${typeOf(spec, one, depth + 1)}`;
  });
  if (schema.additionalProperties) {
    lines.push(`${indent}  [name]: ${typeOf(spec, schema.additionalProperties, depth + 1)}`);
  }
  return lines.length ? `{\n${lines.join('\n')}\n${indent}}` : '{}';
}

// Validators of OpenAPI by others: each accepts every document that we print, in every form.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { validate as validate31 } from '@hyperjump/json-schema/openapi-3-1';
import { validate as validate32 } from '@hyperjump/json-schema/openapi-3-2';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';

import { documents } from './documents.mjs';

for (const { name, text } of documents()) {
  const document = () => JSON.parse(text);
  const version = document().openapi.slice(0, 3);

  test(`${name}: the schema of the specification, by @hyperjump/json-schema`, async () => {
    const validate = { 3.1: validate31, 3.2: validate32 }[version];
    const { valid, errors } = await validate(
      `https://spec.openapis.org/oas/${version}/schema-base`,
      document(),
      'BASIC',
    );
    assert.ok(valid, JSON.stringify(errors, undefined, 1));
  });

  test(`${name}: @seriousme/openapi-schema-validator`, async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(document());
    assert.ok(valid, JSON.stringify(errors, undefined, 1));
    assert.equal(validator.version, version);
  });

  test(`${name}: Redocly's recommended rules`, async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: text, absoluteRef: `/${name}`, config });
    const errors = problems.filter(({ severity }) => severity === 'error');
    const shown = errors.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
    assert.deepEqual(shown, []);
  });
}

test('a document that breaks the rules is refused by each of them', async () => {
  const [{ text }] = documents();
  const broken = { ...JSON.parse(text), paths: { 'no-slash': { get: { responses: 7 } } } };
  const version = broken.openapi.slice(0, 3);
  const validate = { 3.1: validate31, 3.2: validate32 }[version];
  assert.equal((await validate(`https://spec.openapis.org/oas/${version}/schema-base`, broken)).valid, false);
  assert.equal((await new Validator().validate(structuredClone(broken))).valid, false);
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(broken), absoluteRef: '/broken.json', config });
  assert.ok(problems.some(({ severity }) => severity === 'error'));
});

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { renderSchema, SCHEMA_PATH } from './write_schema.ts'

test('schema/phylum-ext.schema.json says what src/registry/manifest_schema.ts says', () => {
  assert.equal(
    readFileSync(SCHEMA_PATH, 'utf8'),
    renderSchema(),
    'out of date: run `bun test/house/write_schema.ts`',
  )
})

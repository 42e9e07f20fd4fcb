/**
 * Writes the JSON Schema of manifests, for editors and for the program itself: `bun test/house/write_schema.ts`.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Manifest, Workspace } from '../../src/registry/manifest_schema.ts'

/** Where the schema lies. */
export const SCHEMA_PATH = fileURLToPath(
  new URL('../../schema/phylum-ext.schema.json', import.meta.url),
)

/** Renders the schema as it must stand in the file. */
export function renderSchema(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Made from src/registry/manifest_schema.ts; a test fails when it is out of date.',
    title: 'PhylumExt.toml',
    type: 'object',
    if: { required: ['workspace'] },
    then: { $ref: '#/definitions/Workspace' },
    else: { $ref: '#/definitions/Manifest' },
    definitions: { Manifest, Workspace },
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

if (import.meta.main) {
  writeFileSync(SCHEMA_PATH, renderSchema())
  console.error(`wrote ${SCHEMA_PATH}`)
}

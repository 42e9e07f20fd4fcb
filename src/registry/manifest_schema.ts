import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

/*
 * The one description of a manifest. `test/house/write_schema.ts` writes it to `schema/phylum-ext.schema.json`, which editors read
 * and which the program checks manifests against; so no run has to load TypeBox, and no second truth exists. Outside of that
 * script, import types from here, not values.
 */

/** Most entries of one list. */
const MAX_ITEMS = 1000

function permission(description: string) {
  const values = Type.Array(Type.String(), { maxItems: MAX_ITEMS })
  return Type.Optional(Type.Union([Type.Boolean(), values], { description, default: false }))
}

/** What `PhylumExt.toml` says of an extension. */
export const Manifest = Type.Object({
  name: Type.String({
    description: 'What the extension is called by: `phylum NAME`',
    pattern: '^[a-z][a-z0-9_-]{0,63}$',
    errorMessage:
      'must begin with a letter and hold at most 64 lowercase letters, digits, "-" and "_"',
  }),
  description: Type.Optional(Type.String({
    description: 'What the extension does, in one line',
    maxLength: 500,
  })),
  version: Type.Optional(Type.String({
    description: 'Version of the extension, as in semantic versioning: 1.2.3',
    maxLength: 100,
    pattern:
      '^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$',
    errorMessage: 'must be a semantic version such as "1.2.3"',
  })),
  entry_point: Type.Optional(Type.String({
    description: 'The module that is run: a path inside the directory of the extension',
    minLength: 1,
    default: 'main.ts',
  })),
  engine: Type.Optional(Type.Union([Type.Literal('deno'), Type.Literal('bun')], {
    description: 'The runtime that the extension runs in',
    default: 'deno',
  })),
  permissions: Type.Optional(Type.Object({
    read: permission(
      'Files and directories that may be read. true: all; `~/` is the home directory',
    ),
    write: permission('Files and directories that may be written'),
    env: permission('Environment variables that may be read'),
    run: permission('Programs that may be run inside the sandbox; implies to read their files'),
    unsandboxed_run: permission('Programs that may be run outside the sandbox: full trust'),
    net: permission('Hosts that may be connected to: "host", "host:port" or "*.host"'),
  }, { description: 'What the extension may do on the machine; denied unless listed' })),
  api: Type.Optional(Type.Object({
    allow: Type.Union([
      Type.Literal(true),
      Type.Array(Type.String(), { maxItems: MAX_ITEMS }),
    ], {
      description:
        'Endpoints as "METHOD /path", in URLPattern syntax and below /api/v0. true: all; []: none',
    }),
  }, {
    description:
      'What may be asked of the API with the credential of the user; without this table the first call asks',
  })),
}, { description: 'An extension' })

export type Manifest = Static<typeof Manifest>

/** What `PhylumExt.toml` says of a repository that shares several extensions. */
export const Workspace = Type.Object({
  workspace: Type.Object({
    members: Type.Array(
      Type.String({
        description: 'A directory, or all directories in one: "extensions/*"',
        pattern:
          '^(?!/)(?!(.*/)?\\.\\.?(/|$))[^*\\\\\\u0000-\\u001f]*[^*/\\\\\\u0000-\\u001f](/\\*)?$',
        errorMessage: 'must be a relative directory, with "/*" for all directories in it',
      }),
      { description: 'Where the extensions lie', minItems: 1, maxItems: MAX_ITEMS },
    ),
  }),
}, { description: 'A repository of extensions' })

export type Workspace = Static<typeof Workspace>

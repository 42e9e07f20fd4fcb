import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OptionSpec } from '../../src/cli/option.ts'
import { separate } from './separate.ts'
import { ROOT } from './tree.ts'

/** Everything that scripts, manifests and extensions rely on, as lines that a diff shows one by one. */
export type Surface = Readonly<Record<string, readonly string[]>>

/** Where the surface is pinned. */
export const SURFACE_PATH = 'test/house/public_surface.json'

/** Collects the surface from the program itself. */
export async function readSurface(): Promise<Surface> {
  const { COMMANDS } = await import('../../src/cli/catalog.ts')
  const { GLOBAL_OPTIONS } = await import('../../src/cli/global_options.ts')
  const { EXIT_CODES } = await import('../../src/cli/exit.ts')
  const options = (words: string, specs: readonly OptionSpec[]) =>
    specs.map((spec) => `${words} ${renderOption(spec)}`).sort()
  return {
    commands: COMMANDS.flatMap(({ name, usage, options: own }) => [
      `phylum ${name} ${usage}`.trimEnd(),
      ...options(`phylum ${name}`, own),
    ]),
    globalOptions: options('phylum', GLOBAL_OPTIONS),
    exitCodes: Object.entries(EXIT_CODES).map(([code, exit]) => `${code} ${exit}`).sort(),
    manifest: await readManifestKeys(),
    guest: readGuestExports(),
  }
}

/** Renders the surface as it is pinned. */
export async function renderSurface(): Promise<string> {
  return `${JSON.stringify(await readSurface(), null, 2)}\n`
}

/** Compares two surfaces, line by line: "- " is gone, "+ " is new. */
export function compareSurfaces(pinned: Surface, actual: Surface): string[] {
  const parts = new Set([...Object.keys(pinned), ...Object.keys(actual)])
  return [...parts].flatMap((part) => {
    const before = new Set(pinned[part])
    const after = new Set(actual[part])
    return [
      ...[...before.difference(after)].map((line) => `- ${part}: ${line}`),
      ...[...after.difference(before)].map((line) => `+ ${part}: ${line}`),
    ]
  })
}

function renderOption({ name, short, aliases = [], value, isCounted }: OptionSpec): string {
  const names = [name, ...aliases].map((each) => `--${each}`)
  if (short !== undefined) names.unshift(`-${short}`)
  return [names.join(', '), value, isCounted === true && '(counted)'].filter(Boolean).join(' ')
}

interface Schema {
  properties?: Record<string, Schema>
}

/** Reads the keys of manifests out of their schema: "permissions.read". */
async function readManifestKeys(): Promise<string[]> {
  const { renderSchema } = await import('./write_schema.ts')
  const { definitions } = JSON.parse(renderSchema()) as { definitions: Record<string, Schema> }
  const keys = (schema: Schema, prefix: string): string[] =>
    Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
      `${prefix}${key}`,
      ...keys(inner, `${prefix}${key}.`),
    ])
  return Object.values(definitions).flatMap((each) => keys(each, '')).sort()
}

/** Reads what `import … from "phylum"` gives an extension; the module itself runs in the sandbox only. */
function readGuestExports(): string[] {
  const { code } = separate(readFileSync(join(ROOT, 'src/guest/main.ts'), 'utf8'))
  const declared = code.matchAll(
    /^export\s+(?:declare\s+)?(?:async\s+)?(const|function|class|interface|type)\s+([\w$]+)/gm,
  )
  const listed = [...code.matchAll(/^export\s+(type\s+)?\{([^}]*)\}/gm)].flatMap((
    [, type, names],
  ) =>
    names!.split(',').map((name) => name.trim()).filter(Boolean)
      .map((name) => `${type === undefined ? '' : 'type '}${name}`)
  )
  return [...[...declared].map(([, kind, name]) => `${kind} ${name}`), ...listed].sort()
}

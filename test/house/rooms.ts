import { posix } from 'node:path'
import { readImports } from './imports.ts'
import type { Import } from './imports.ts'
import { breach } from './tree.ts'
import type { Breach, Source } from './tree.ts'

/** The floor of each room; imports go down only. The guest stands beside the house, in the sandbox. */
export const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  protocol: 0,
  permissions: 1,
  config: 1,
  auth: 2,
  registry: 2,
  broker: 2,
  sandbox: 2,
  host: 3,
  server: 4,
  cli: 5,
}

/** Every room. */
export const ROOMS: readonly string[] = [...Object.keys(FLOORS), 'guest']

/** Doors that stay shut although they lie on a lower floor. */
const SHUT: Readonly<Record<string, { rooms: readonly string[]; reason: string }>> = {
  auth: {
    rooms: ['host', 'server'],
    reason: 'neither a run nor the web page has a road to the token store',
  },
}

/** Files outside src that a room may import. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  cli: ['package.json'],
  registry: ['schema/phylum-ext.schema.json'],
}

/** Rooms that are truly two: their inner folder may look up by one. */
const INNER = new Set([
  'cli/commands',
  'registry/author',
  'registry/store',
  'registry/modules',
  'registry/team',
  'registry/trust',
  'registry/source',
  'sandbox/launcher',
  'server/faults',
  'server/identity',
  'server/policy',
  'server/store',
  'server/telemetry',
  'server/ui',
])

/** Finds imports that leave the plan of the house. Which packages a room may use is `checkPackages()`'s matter. */
export function checkRooms(sources: readonly Source[]): Breach[] {
  const paths = new Set(sources.map(({ path }) => path))
  return sources.flatMap((source) =>
    readImports(source.text).flatMap((found) => {
      const rule = judge(source, found, paths)
      return rule === undefined ? [] : [breach(source, found.index, rule)]
    })
  )
}

function judge(source: Source, found: Import, paths: ReadonlySet<string>): string | undefined {
  const { specifier } = found
  if (specifier === undefined) {
    return source.path === 'guest/main.ts'
      ? undefined
      : 'an import must name its module in plain quotes'
  }
  if (source.path === 'main.ts') {
    return specifier === '#cli' || specifier.startsWith('node:')
      ? undefined
      : `main.ts imports #cli alone, not "${specifier}"`
  }
  const room = roomOf(source.path)
  if (!ROOMS.includes(room)) return `"${room}" is no room`
  if (specifier.startsWith('#')) return judgeDoor(room, found)
  if (/^\.{0,2}\//.test(specifier)) return judgeFile(source, specifier, paths)
  if (room === 'guest') return `guest imports #protocol alone, not "${specifier}"`
  return undefined
}

function judgeDoor(room: string, { specifier, names }: Import): string | undefined {
  const door = specifier!.slice(1)
  if (room === 'guest') {
    if (door !== 'protocol') return `guest imports #protocol alone, not "#${door}"`
    const value = names.find((name) => !/^[A-Z][A-Z0-9_]*$/.test(name))
    return value === undefined
      ? undefined
      : `guest takes types and constants of the protocol, not "${value}"`
  }
  if (door === 'guest') return 'nobody imports guest: it runs in the sandbox'
  const to = FLOORS[door]
  const from = FLOORS[room]!
  if (to === undefined) return `"#${door}" is no room`
  if (door === room) return `inside ${room} import "./file.ts", not its own door`
  if (to > from) return `${room} (floor ${from}) imports ${door} (floor ${to}): up`
  if (to === from) return `${room} imports ${door} on the same floor: sideways`
  const shut = SHUT[door]
  if (shut?.rooms.includes(room)) return `${room} may not import ${door}: ${shut.reason}`
  return undefined
}

function judgeFile(
  source: Source,
  specifier: string,
  paths: ReadonlySet<string>,
): string | undefined {
  const room = roomOf(source.path)
  const folder = posix.dirname(source.path)
  const target = posix.join('src', folder, specifier)
  if (!target.startsWith('src/')) {
    return OUTSIDE[room]?.includes(target) ? undefined : `"${specifier}" lies outside src`
  }
  const path = target.slice('src/'.length)
  if (roomOf(path) !== room) return `"${specifier}" reaches into another room: import "#room"`
  if (path === `${room}/mod.ts`) return `"${specifier}" is the room's own door: import the file`
  if (!paths.has(path) && !path.endsWith('.generated.ts')) return `"${specifier}" is no file`
  const expected = `./${posix.relative(folder, path)}`
  if (specifier === expected.replace('./../', '../')) {
    const isOwn = posix.dirname(path) === folder
    if (isOwn || INNER.has(folder) || INNER.has(posix.dirname(path))) return undefined
  }
  return `"${specifier}" is not of the form "./file.ts"`
}

/** The room in which a file lies; the file itself at the top of src. */
export function roomOf(path: string): string {
  return path.split('/', 1)[0]!
}

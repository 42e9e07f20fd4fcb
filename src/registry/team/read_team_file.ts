import { display, isPhylumError, PhylumError } from '#base'
import { checkSchema } from '../check_schema.ts'
import { parseCheckedToml } from '../checked_toml.ts'
import type { Fault, Schema } from '../check_schema.ts'
import { isExtensionName } from '../find_extension.ts'
import { readSmallFile } from '../read_small_file.ts'
import { parseSource } from '../source/source.ts'
import type { Source, SourceContext } from '../source/source.ts'
import type { Project } from './find_project.ts'

/** The one number that a file may give for what it is written in; raised with what an older phylum would misread. */
export const TEAM_SCHEMA = 1

/** Largest file, in bytes. */
const MAX_BYTES = 256 * 1024

/** Most extensions of a team. */
export const MAX_EXTENSIONS = 1000

const SUBJECT = 'list of extensions'

/** An extension that a team uses. */
export interface TeamEntry {
  readonly name: string
  /** As it stands in the file; the lock file repeats it. */
  readonly text: string
  readonly source: Source
  /** Where it stands: "/x/phylum-extensions.toml:4:1"; safe to show. */
  readonly where: string
}

/**
 * Reads what a team uses, in the order of the names.
 *
 * ```toml
 * [extensions]
 * groups = "npm:@team/groups@^1.2"
 * report = "github:acme/tools#v2//report"
 * audit = "./tools/audit"
 * ```
 *
 * @param home what "~/" stands for
 * @throws ERR_REGISTRY_LOCK with each fault and its place
 */
export async function readTeamFile(project: Project, home: string): Promise<TeamEntry[]> {
  const { teamFile } = project
  const { bytes } = readSmallFile(
    teamFile,
    MAX_BYTES,
    (state) =>
      new PhylumError(
        'ERR_REGISTRY_LOCK',
        `Cannot use ${SUBJECT} "${display(teamFile)}": ${state}`,
      ),
  )
  return await parseTeamFile(bytes, { ...project, home })
}

/**
 * Parses what a team uses.
 *
 * @throws ERR_REGISTRY_LOCK
 */
export async function parseTeamFile(
  bytes: Uint8Array,
  { teamFile, directory, home }: Pick<Project, 'teamFile' | 'directory'> & { home: string },
): Promise<TeamEntry[]> {
  const sources = new Map<string, { text: string; source: Source }>()
  const { locate } = await parseCheckedToml(bytes, teamFile, {
    subject: SUBJECT,
    code: 'ERR_REGISTRY_LOCK',
    isClosed: true,
    check(document) {
      const { extensions = {} } = document
      const entries = isTable(extensions) ? Object.entries(extensions) : []
      const { faults, unknown } = checkSchema(schemaOf(entries.map(([name]) => name)), document)
      faults.push(...checkSchemaNumber(document['schema']))
      if (entries.length > MAX_EXTENSIONS) {
        const message = `There must not be more than ${MAX_EXTENSIONS} extensions`
        return { faults: [{ path: ['extensions'], message }], unknown: [] }
      }
      for (const [name, text] of entries) {
        if (typeof text !== 'string' || text === '') continue
        // In the file of a project, a path means the same wherever phylum is started.
        const found = readEntry(name, text, { workingDirectory: directory, home })
        if ('message' in found) faults.push(found)
        else sources.set(name, { text, source: found })
      }
      return { faults, unknown }
    },
  })
  return [...sources].map(([name, found]) => ({
    name,
    ...found,
    where: locate(['extensions', name]),
  })).sort((left, right) => left.name < right.name ? -1 : 1)
}

function readEntry(name: string, text: string, context: SourceContext): Source | Fault {
  const fault = (message: string): Fault => ({ path: ['extensions', name], message })
  if (!isExtensionName(name)) return fault(`"${display(name, 80)}" is not the name of an extension`)
  try {
    return parseSource(text, context)
  } catch (error) {
    if (!isPhylumError(error)) throw error
    return fault([error.message, ...error.hints.slice(0, 1)].join('; '))
  }
}

/** Finds fault with the number that a file gives for what it is written in. */
export function checkSchemaNumber(value: unknown): Fault[] {
  if (value === undefined || value === TEAM_SCHEMA || typeof value !== 'number') return []
  return [{
    path: ['schema'],
    message: `"schema" is ${value}, and this phylum knows ${TEAM_SCHEMA}: use a newer phylum`,
  }]
}

function schemaOf(names: readonly string[]): Schema {
  const source: Schema = { type: 'string', minLength: 1 }
  return {
    type: 'object',
    properties: {
      schema: { type: 'number' },
      extensions: {
        type: 'object',
        properties: Object.fromEntries(names.map((name) => [name, source])),
      },
    },
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) &&
    !(value instanceof Date)
}

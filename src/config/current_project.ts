import { lstat, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { display, isPhylumError, PhylumError, systemCode } from '#base'
import type { FileKind } from './decode_text.ts'
import { type OpenFile, readFile } from './read_file.ts'
import { SettingsDocument, type SettingsEntry } from './settings_document.ts'
import { describeSystemError } from './system_error.ts'
import { cannotWrite, writeFileAtomic } from './write_file_atomic.ts'

/** Name of the file that ties a directory to a project. */
export const PROJECT_FILE = '.phylum_project'

const KIND: FileKind = { subject: 'project file', endsWithLineBreak: false }

/** Longest name in a project file, in characters. */
const MAX_NAME = 256

/** What ties a directory to a project of the API's. */
export interface ProjectLink {
  /** UUID of the project. */
  readonly id: string
  readonly name: string
  /** When the directory was tied to it, in the form of RFC 3339. */
  readonly createdAt: string
  readonly groupName: string | null
  readonly organizationName: string | null
}

/** The project of a directory. */
export interface CurrentProject extends ProjectLink {
  /** The directory that holds the file; absolute, with no link in it. */
  readonly root: string
}

/**
 * Finds the project of a directory: what the nearest `.phylum_project` says, upward from there; null without one.
 *
 * The file is as hostile as the directory that it lies in. So it says which project is meant and nothing else, whatever more it
 * holds: no address, no credential.
 *
 * @throws ERR_CONFIG_READ, ERR_CONFIG_SYNTAX, ERR_CONFIG_TYPE, where it can, with line and column
 */
export async function readCurrentProject(directory: string): Promise<CurrentProject | null> {
  let root = await realpath(directory).catch(() => undefined)
  while (root !== undefined) {
    const file = join(root, PROJECT_FILE)
    const link = await isPresent(file) ? await readFile(file, read(file), KIND.subject) : undefined
    if (link !== undefined) return { ...link, root }
    const parent = dirname(root)
    root = parent === root ? undefined : parent
  }
  return null
}

/**
 * Ties a directory to a project, instead of what it was tied to; whatever else the file says about the directory stays.
 *
 * @returns the path of the file
 * @throws ERR_CONFIG_WRITE, and ERR_CONFIG_SYNTAX where there is a file that cannot be understood
 */
export async function writeCurrentProject(directory: string, link: ProjectLink): Promise<string> {
  const file = join(directory, PROJECT_FILE)
  const status = await lstat(file).catch((error) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw cannotWrite(file, describeSystemError(error), error)
  })
  // A repository could bring a link to "~/.bashrc" along, which would be overwritten.
  if (status?.isSymbolicLink()) throw cannotWrite(file, 'it is a symbolic link')
  const document = await readFile(
    file,
    ({ bytes }) => parse(bytes, file),
    KIND.subject,
  ) ?? await parse(new TextEncoder().encode('id: null\n'), file)
  document.set(['id'], link.id)
  document.set(['name'], link.name)
  document.set(['created_at'], link.createdAt)
  document.set(['group_name'], link.groupName)
  if (link.organizationName !== null || document.entry('organization_name') !== undefined) {
    document.set(['organization_name'], link.organizationName)
  }
  // It is meant to be committed, and holds no secret.
  await writeFileAtomic(file, document.toString(), { mode: 0o644 })
  return file
}

/** Parses a project file. What cannot be understood is not replaced either: it may hold more than the project. */
async function parse(bytes: Uint8Array, file: string): Promise<SettingsDocument> {
  try {
    return await SettingsDocument.parse(bytes, file, KIND)
  } catch (error) {
    if (!isPhylumError(error)) throw error
    const hints = ['mend it; or remove it, and tie the directory anew: `phylum project link NAME`']
    throw new PhylumError(error.code, error.message, { cause: error, hints })
  }
}

async function isPresent(file: string): Promise<boolean> {
  try {
    return !(await lstat(file)).isDirectory()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) {
      return false
    }
    throw new PhylumError(
      'ERR_CONFIG_READ',
      `Cannot read ${KIND.subject} "${display(file)}": ${describeSystemError(error)}`,
      { cause: error },
    )
  }
}

function read(file: string): (open: OpenFile) => Promise<ProjectLink> {
  return async (open) => {
    assertTrustedOwner(open, file)
    const document = await parse(open.bytes, file)
    const required = (name: string): SettingsEntry => {
      const entry = document.entry(name)
      if (entry === undefined) throw document.missing(name)
      return entry
    }
    return {
      id: readId(required('id')),
      name: readName(required('name')),
      createdAt: readMoment(required('created_at')),
      groupName: readOptional(document.entry('group_name')),
      organizationName: readOptional(document.entry('organization_name')),
    }
  }
}

// Somebody else's file in a directory that many write to, such as /tmp, would be found from each directory below it, and send
// what is analyzed there to a project of theirs. Root is trusted, and trusts, as it works in the directories of others.
function assertTrustedOwner({ owner }: OpenFile, file: string): void {
  const self = process.geteuid?.()
  if (self === undefined || self === 0 || owner === self || owner === 0) return
  throw new PhylumError(
    'ERR_CONFIG_READ',
    `Cannot read ${KIND.subject} "${display(file)}": it belongs to the user with the id ${owner}`,
    { hints: ['make one of your own in your directory: `phylum project link NAME`'] },
  )
}

function readId(entry: SettingsEntry): string {
  const id = typeof entry.value === 'string' ? entry.value.toLowerCase() : ''
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id
  throw wrongValue(entry, 'the UUID of a project')
}

function readName(entry: SettingsEntry): string {
  const { value } = entry
  const isName = typeof value === 'string' && value !== '' && value.length <= MAX_NAME &&
    // It is shown, sent, and handed to extensions: one that moves the cursor or hides would have no honest purpose.
    display(value) === value
  if (isName) return value
  throw wrongValue(entry, `a text of at most ${MAX_NAME} characters that can all be seen`)
}

function readOptional(entry: SettingsEntry | undefined): string | null {
  return entry === undefined || entry.value === null ? null : readName(entry)
}

function readMoment(entry: SettingsEntry): string {
  const { value } = entry
  // RFC 3339, section 5.6
  const form = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/
  if (typeof value === 'string' && form.test(value) && !Number.isNaN(Date.parse(value))) {
    return value
  }
  throw wrongValue(entry, 'a time such as "2026-01-31T12:00:00Z"')
}

function wrongValue({ name, where }: SettingsEntry, wanted: string): PhylumError {
  return new PhylumError(
    'ERR_CONFIG_TYPE',
    `Cannot read ${KIND.subject} ${where}: "${name}" is not ${wanted}`,
    { hints: ['tie the directory to a project anew: `phylum project link NAME`'] },
  )
}

import { PhylumError } from '#base'
import { writeFileAtomic } from '#config'
import { findFaults, isNothing, resolvePermissions, widened } from '#permissions'
import type { GrantedPermissions, PermissionRequest, ResolveContext } from '#permissions'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import schema from '../../schema/phylum-ext.schema.json' with { type: 'json' }
import { checkSchema } from './check_schema.ts'
import type { Schema } from './check_schema.ts'
import { readSmallFile } from './read_small_file.ts'
import { stateName } from './state_name.ts'
import type { Identity } from './state_name.ts'

/** Raised with every change that an older phylum would misread; a record of another number is no consent. */
const SCHEMA = 1

/** Largest record, in bytes: a few manifests, written as JSON. */
const MAX_BYTES = 1024 * 1024

/** How many earlier answers are kept beside the last one: those for versions that may be gone back to. */
const MAX_EARLIER = 3

/** What the user agreed to. */
export interface Consent {
  /** Digest of the extension's files at that time. */
  readonly digest: string
  /** What its manifest asked for. */
  readonly request: PermissionRequest
  /** The answer to whether it may call the API, for a manifest that does not say; `undefined` while it was not asked. */
  readonly isApiAllowed?: boolean
  /** When, as in RFC 3339. */
  readonly agreedAt: string
}

/** What a consent is compared with. */
export interface Asked {
  readonly digest: string
  readonly request: PermissionRequest
  /** Where paths lead in this run. */
  readonly context: ResolveContext
}

/** The outcome of a comparison. */
export interface ConsentCheck {
  /**
   * `agreed`: nothing to ask. `new`: there is no record. `changed`: other files, and no more permissions than before. `wider`: more
   * permissions than the user agreed to.
   */
  readonly state: 'agreed' | 'new' | 'changed' | 'wider'
  /** What the user has not agreed to before. */
  readonly added: GrantedPermissions
}

/**
 * Reads what the user agreed to last, or with a digest, what they agreed to for these very files, if they ever did. Whatever is not
 * exactly a record that this user wrote about this extension is none.
 */
export function readConsent(
  stateDirectory: string,
  identity: Identity,
  digest?: string,
): Consent | undefined {
  const record = readRecord(stateDirectory, identity)
  if (record === undefined || digest === undefined) return record
  return [record, ...record.earlier ?? []].find((each) => each.digest === digest) ?? record
}

function readRecord(stateDirectory: string, identity: Identity): ConsentFile | undefined {
  let record: unknown
  try {
    const { bytes, status } = readSmallFile(
      recordPath(stateDirectory, identity),
      MAX_BYTES,
      unreadable,
    )
    // Somebody else's file, or one that somebody else can write, is not what this user said.
    if (status.uid !== process.geteuid?.() || (status.mode & 0o022) !== 0) return undefined
    record = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
  return isRecord(record) && isSameIdentity(record.extension, identity) ? record : undefined
}

/**
 * Records what the user agreed to.
 *
 * @throws ERR_CONFIG_WRITE
 */
export async function writeConsent(
  stateDirectory: string,
  identity: Identity,
  consent: Consent,
): Promise<void> {
  const path = recordPath(stateDirectory, identity)
  const { name, source, directory, project } = identity
  const last = readRecord(stateDirectory, identity)
  const earlier = last === undefined ? [] : [last, ...last.earlier ?? []]
  const record = {
    schema: SCHEMA,
    extension: { name, source, directory, project },
    ...answer(consent),
    // Until a new version is in its place, the old one is run, and was agreed to.
    earlier: earlier.filter((each) => each.digest !== consent.digest)
      .slice(0, MAX_EARLIER).map(answer),
  }
  try {
    mkdirSync(join(stateDirectory, 'consent'), { recursive: true, mode: 0o700 })
  } catch {
    // Writing says why it cannot be done.
  }
  await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
}

/** Forgets what the user agreed to. */
export function removeConsent(stateDirectory: string, identity: Identity): void {
  rmSync(recordPath(stateDirectory, identity), { force: true })
}

/** Picks what is recorded of an answer: a manifest holds more. */
function answer({ digest, request: { permissions, api }, isApiAllowed, agreedAt }: Consent) {
  return { digest, request: { permissions, api }, isApiAllowed, agreedAt }
}

/** Compares what an extension asks for now with what the user agreed to. */
export function checkConsent(consent: Consent | undefined, asked: Asked): ConsentCheck {
  const wanted = resolvePermissions(asked.request, asked.context)
  if (consent === undefined) return { state: 'new', added: wanted }
  // Both are read in the light of this run: "./" means the same directory on either side.
  const { home, workingDirectory } = asked.context
  const agreed = resolvePermissions(consent.request, { home, workingDirectory })
  const added = widened(agreed, wanted)
  if (!isNothing(added)) return { state: 'wider', added }
  return { state: consent.digest === asked.digest ? 'agreed' : 'changed', added }
}

function recordPath(stateDirectory: string, identity: Identity): string {
  return join(stateDirectory, 'consent', `${stateName(identity)}.json`)
}

function isSameIdentity(written: Identity, identity: Identity): boolean {
  return written.name === identity.name && written.source === identity.source &&
    written.project === identity.project &&
    (identity.source !== 'path' || written.directory === identity.directory)
}

/** What a file holds. */
interface ConsentFile extends Consent {
  readonly extension: Identity
  readonly earlier?: readonly Consent[]
}

function isRecord(value: unknown): value is ConsentFile {
  if (!isTable(value)) return false
  const { schema, extension, earlier = [] } = value
  return schema === SCHEMA && isTable(extension) && isConsent(value) && Array.isArray(earlier) &&
    earlier.length <= MAX_EARLIER && earlier.every((each) => isTable(each) && isConsent(each))
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isConsent({ digest, request, isApiAllowed, agreedAt }: Record<string, unknown>) {
  return typeof digest === 'string' && typeof agreedAt === 'string' &&
    (isApiAllowed === undefined || typeof isApiAllowed === 'boolean') && isRequest(request)
}

/** Answers whether a value is what a valid manifest could have asked for. */
function isRequest(value: unknown): value is PermissionRequest {
  const { permissions, api } = schema.definitions.Manifest.properties as Record<string, Schema>
  const shape = { type: 'object', properties: { permissions, api } } as Schema
  const { faults, unknown } = checkSchema(shape, value)
  return faults.length === 0 && unknown.length === 0 &&
    findFaults(value as PermissionRequest).length === 0
}

function unreadable(state: string): Error {
  return new PhylumError('ERR_REGISTRY_INTEGRITY', `Cannot read a consent: ${state}`)
}

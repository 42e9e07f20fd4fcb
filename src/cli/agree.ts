import { display, PhylumError } from '#base'
import {
  ANY_DIRECTORY,
  describePermissions,
  isNothing,
  resolvePermissions,
  widened,
} from '#permissions'
import type { GrantedPermissions, PermissionRequest } from '#permissions'
import { parseSource, readConsent, writeConsent } from '#registry'
import type { Candidate, Identity, InstallRecord } from '#registry'
import type { Context } from './compose.ts'
import { judgeCandidate } from './judge_candidate.ts'
import type { Judged } from './judge_candidate.ts'
import type { Terminal } from './terminal.ts'
import { searchNamespaces } from './wall.ts'

/** What is asked about. */
export interface Proposal {
  candidate: Pick<
    Candidate,
    'name' | 'version' | 'directory' | 'digest' | 'request' | 'source' | 'resolved'
  >
  /** The version in use, when it came from the same source: what was agreed to for it is not asked again. */
  before: Pick<InstallRecord, 'version'> | undefined
  /** The user has said yes in advance. */
  isAccepted: boolean
  /** The bytes that a publisher signs with their signature, or who has signed them, where that is known. */
  signed: Judged['signed']
  /** For whom the answer is kept; for the installed extension of this name unless told. */
  identity?: Identity
  /** How to agree without a terminal. */
  hint?: string
  /** Done between the answer and its record, which then speaks of files that are there. */
  keep?: (agreement: Agreement) => Promise<void>
}

/** What was agreed to. */
export interface Agreement {
  /** The trusted publisher who has signed it. */
  publisher: string | null
}

/** What an extension asks for, in whatever directory it will be run. */
export function askedAnywhere(context: Context, request: PermissionRequest): GrantedPermissions {
  const home = context.environment['HOME'] ?? '/'
  return resolvePermissions(request, { home, workingDirectory: ANY_DIRECTORY })
}

/**
 * Asks for what a candidate wants beyond what the user agreed to, unless the settings decide, and records the answer for these very files.
 *
 * @throws ERR_CLI_CONFIRMATION when the answer is no, or nobody can be asked; ERR_REGISTRY_TRUST when a signature is wrong, or the
 * settings refuse it
 */
export async function agree(context: Context, proposal: Proposal): Promise<Agreement> {
  const { terminal, paths } = context
  const { candidate, before, isAccepted } = proposal
  const { name: ownName, directory } = candidate
  const identity = proposal.identity ?? { name: ownName, source: 'installed' as const, directory }
  const wanted = askedAnywhere(context, candidate.request)
  const consent = readConsent(paths.stateDirectory, identity, candidate.digest)
  const isKnown = before !== undefined || consent?.digest === candidate.digest
  const agreed = isKnown && consent !== undefined
    ? askedAnywhere(context, consent.request)
    : askedAnywhere(context, { api: { allow: [] } })
  const added = withoutLaterQuestion(widened(agreed, wanted))
  const { publisher, isTrusted } = await consultSettings(context, proposal)
  if (!isNothing(added) && !isAccepted && !isTrusted) {
    terminal.say(await renderProposal(context, proposal, { added, agreed, wanted, publisher }))
    const name = `"${display(candidate.name)}"`
    const answer = await terminal.prompter.confirm(
      before === undefined ? `Install extension ${name}?` : `Update extension ${name}?`,
    )
    if (answer === undefined) {
      throw new PhylumError(
        'ERR_CLI_CONFIRMATION',
        `Cannot ${
          before === undefined ? 'install' : 'update'
        } extension ${name}: it asks for permissions, and there is no terminal to agree on`,
        { hints: [proposal.hint ?? '--accept-permissions accepts what it asks for'] },
      )
    }
    if (!answer) {
      throw new PhylumError(
        'ERR_CLI_CONFIRMATION',
        `Extension ${name} was not ${before === undefined ? 'installed' : 'updated'}`,
      )
    }
  }
  await proposal.keep?.({ publisher })
  await writeConsent(paths.stateDirectory, identity, {
    digest: candidate.digest,
    request: candidate.request,
    agreedAt: new Date().toISOString(),
  })
  return { publisher }
}

/** Asks the settings: who of the trusted publishers has signed it, and whether a rule decides about it. */
async function consultSettings(
  context: Context,
  { candidate: { name, source, request }, signed }: Proposal,
): Promise<Agreement & { isTrusted: boolean }> {
  const home = context.environment['HOME'] ?? '/'
  const { publisher, verdict: { decision, rule } } = await judgeCandidate(context, {
    source: parseSource(source, { workingDirectory: '/', home }),
    request,
    signed,
  })
  if (decision === 'refuse') {
    throw new PhylumError(
      'ERR_REGISTRY_TRUST',
      `Cannot install extension "${display(name)}": rule ${rule} of your settings refuses it`,
      { hints: [`\`phylum trust explain ${display(source, 200)}\` says why`] },
    )
  }
  return { publisher, isTrusted: decision === 'accept' }
}

/** What a manifest without `[api]` table asks for is asked at the first call. */
function withoutLaterQuestion(granted: GrantedPermissions): GrantedPermissions {
  return granted.api === 'ask' ? { ...granted, api: [] } : granted
}

interface Difference extends Agreement {
  added: GrantedPermissions
  agreed: GrantedPermissions
  wanted: GrantedPermissions
}

/** Says what an extension asks for: all of it, or for an update what is new and what is gone. */
async function renderProposal(
  context: Context,
  { candidate, before }: Proposal,
  { added, agreed, wanted, publisher }: Difference,
): Promise<string> {
  const { terminal } = context
  const isRunConfined = (await searchNamespaces(context)).maker !== null
  const { dangers, lines } = describePermissions(added, { isRunConfined })
  const title = before === undefined
    ? `${titleOf(candidate)} asks for permission to:`
    : `${titleOf(candidate)} asks for more than ${
      before.version ?? 'the version before'
    }. It also wants to:`
  const signer = publisher === null ? '' : `, signed by ${publisher}`
  return [
    terminal.paint('bold', title, 'stderr'),
    terminal.paint('dim', `  from ${display(candidate.resolved, 200)}${signer}`, 'stderr'),
    ...dangersOf(terminal, dangers),
    ...lines.map((each) =>
      `  ${before === undefined ? '-' : terminal.paint('yellow', '+', 'stderr')} ${each}`
    ),
    ...before === undefined ? [] : renderRest(terminal, widened(wanted, agreed)),
  ].join('\n')
}

function titleOf({ name, version }: Proposal['candidate']): string {
  return `Extension "${display(name)}"${version === null ? '' : ` ${display(version)}`}`
}

function dangersOf(terminal: Terminal, dangers: readonly string[]): string[] {
  return dangers.map((each) => `  ${terminal.paint('red', 'danger:', 'stderr')} ${each}`)
}

function renderRest(terminal: Terminal, removed: GrantedPermissions): string[] {
  return describePermissions(withoutLaterQuestion(removed)).lines
    .map((each) => terminal.paint('dim', `  - no longer: ${each}`, 'stderr'))
}

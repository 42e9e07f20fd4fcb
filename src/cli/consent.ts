import { display, PhylumError } from '#base'
import { describePermissions, isNothing } from '#permissions'
import type { GrantedPermissions, ResolveContext } from '#permissions'
import { checkConsent, digestExtension, readConsent, writeConsent } from '#registry'
import type { Extension } from '#registry'
import type { Terminal } from './terminal.ts'

/** What the user is asked about. */
export interface Subject {
  extension: Extension
  /** Digest of the files that will run. */
  digest: string
  granted: GrantedPermissions
  /** Where the paths of the manifest lead in this run. */
  context: ResolveContext
  /** `-y` was given: the answer is yes, for this run and without a record. */
  isAccepted: boolean
  /** Whether programs that it starts are behind the wall as well. */
  isRunConfined: boolean
  stateDirectory: string
}

/**
 * Asks for consent where none is recorded for these very files and permissions.
 *
 * @throws ERR_CLI_CONFIRMATION when the answer is no, or nobody can be asked; ERR_REGISTRY_INTEGRITY when the files have changed
 * while somebody read the question
 */
export async function assertConsent(subject: Subject, terminal: Terminal): Promise<void> {
  const { extension, granted } = subject
  // What is asked at the first request need not be asked before.
  const wanted = granted.api === 'ask' ? { ...granted, api: [] } : granted
  if (subject.isAccepted || isNothing(wanted)) return
  const { state } = checkConsent(readConsent(subject.stateDirectory, extension, subject.digest), {
    digest: subject.digest,
    request: extension.manifest,
    context: subject.context,
  })
  if (state === 'agreed') return
  const name = `"${display(extension.manifest.name)}"`
  terminal.say(renderQuestion(terminal, name, state, subject))
  const answer = await terminal.prompter.confirm(`Run extension ${name} with these permissions?`)
  if (answer === undefined) {
    throw new PhylumError(
      'ERR_CLI_CONFIRMATION',
      `Cannot run extension ${name} unasked: there is no terminal`,
      { hints: ['-y accepts what it asks for, for one run'] },
    )
  }
  if (!answer) throw new PhylumError('ERR_CLI_CONFIRMATION', `Extension ${name} was not run`)
  // Who can write there could wait for the question, and have other files run than those that are agreed to.
  if (digestExtension(extension.directory) !== subject.digest) {
    throw new PhylumError(
      'ERR_REGISTRY_INTEGRITY',
      `Cannot run extension ${name}: its files have changed while you were asked`,
      { hints: ['look at what has changed, and run it again'] },
    )
  }
  await record(subject)
}

/** Says what an extension asks for, dangers first, so that the question below it stays on the screen. */
function renderQuestion(
  terminal: Terminal,
  name: string,
  state: 'new' | 'changed' | 'wider',
  { granted, isRunConfined }: Subject,
): string {
  const why = {
    new: `Extension ${name} asks for permission to:`,
    changed: `The files of extension ${name} have changed since you agreed. It asks to:`,
    wider: `Extension ${name} asks for more than you agreed to. It asks to:`,
  }[state]
  const { dangers, lines } = describePermissions(granted, { isRunConfined })
  return [
    terminal.paint('bold', why, 'stderr'),
    ...dangers.map((each) => `  ${terminal.paint('red', 'danger:', 'stderr')} ${each}`),
    ...lines.map((each) => `  - ${each}`),
  ].join('\n')
}

/** Makes the question that a manifest without `[api]` table leads to, at its first request. */
export function createApiQuestion(subject: Subject, terminal: Terminal): () => Promise<boolean> {
  const { extension } = subject
  const name = `"${display(extension.manifest.name)}"`
  return async () => {
    if (subject.isAccepted) return true
    const consent = readConsent(subject.stateDirectory, extension, subject.digest)
    if (consent?.digest === subject.digest && consent.isApiAllowed !== undefined) {
      return consent.isApiAllowed
    }
    const answer = await terminal.prompter.confirm(
      `Extension ${name} does not say what it asks of the API. May it call everything with your credential?`,
    )
    if (answer === undefined) {
      terminal.log.warn(
        `extension ${name} may not call the API, and there is no terminal to ask on; -y allows it for one run`,
      )
      return false
    }
    await record(subject, answer)
    return answer
  }
}

async function record(subject: Subject, isApiAllowed?: boolean): Promise<void> {
  await writeConsent(subject.stateDirectory, subject.extension, {
    digest: subject.digest,
    request: subject.extension.manifest,
    agreedAt: new Date().toISOString(),
    ...(isApiAllowed === undefined ? {} : { isApiAllowed }),
  })
}

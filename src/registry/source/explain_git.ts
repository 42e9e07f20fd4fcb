import { display, PhylumError } from '#base'
import type { ErrorCode } from '#base'
import { describeFailure } from './describe_failure.ts'

const LOGIN = [
  'for a private one over https, put a token for its host into "~/.netrc"',
  'or use "git+ssh:" with a key in your ssh agent',
]

/** What git says, and what it means; the first that fits. */
const MEANINGS: readonly [RegExp, ErrorCode, string, readonly string[]][] = [
  [
    /Host key verification failed/i,
    'ERR_REGISTRY_UNREACHABLE',
    'ssh does not know its host',
    ['connect to it once with ssh, and compare its key'],
  ],
  [
    /could not read Username|could not read Password|Authentication failed|prompts disabled|returned error: 40[13]|Permission denied/i,
    'ERR_REGISTRY_UNREACHABLE',
    'it is private, or not there',
    LOGIN,
  ],
  [
    /repository .*not found|does not appear to be a git repository|returned error: 404|does not exist|valid repository name/i,
    'ERR_REGISTRY_SOURCE',
    'there is no such repository, or it is private',
    LOGIN,
  ],
  [
    /returned error: 30\d|redirect/i,
    'ERR_REGISTRY_UNREACHABLE',
    'it redirects to another place, which is not followed',
    ['write the URL that it redirects to; often ".git" is missing at its end'],
  ],
  [
    /dubious ownership/i,
    'ERR_REGISTRY_UNREACHABLE',
    'it belongs to another user, who could change what it does',
    [],
  ],
  [/too slow/i, 'ERR_REGISTRY_UNREACHABLE', 'it did not answer in time', []],
]

/**
 * Builds the error for what git could not do, from what it wrote on its standard error; what the server said there is not shown.
 *
 * @param shown what was to be fetched, safe to show
 */
export function explainGit(stderr: string, shown: string): PhylumError {
  // "remote:" is the server's word, and could pretend anything.
  const own = stderr.split('\n').filter((line) => !line.startsWith('remote:')).join('\n')
  const [, code, state, hints] = MEANINGS.find(([pattern]) => pattern.test(own)) ?? []
  if (state !== undefined) {
    return new PhylumError(code!, `Cannot fetch "${shown}": ${state}`, { hints: hints! })
  }
  const known = describeFailure(new Error(own))
  const [, fatal] = /^(?:fatal|error): (.+)$/m.exec(own) ?? []
  const said = known === describeFailure(undefined) && fatal !== undefined
    ? `git says "${display(fatal, 200)}"`
    : known
  return new PhylumError('ERR_REGISTRY_UNREACHABLE', `Cannot fetch "${shown}": ${said}`)
}

import { ROOMS } from './rooms.ts'

const TYPES = ['feat', 'fix', 'perf', 'refactor', 'test', 'docs', 'build', 'ci', 'chore', 'style']

/** What is no room and yet a part of the repository: the folders of tests that mirror none, and the extensions. */
const OTHER_SCOPES = ['attacks', 'bench', 'extensions', 'fuzz', 'harness', 'house', 'runs']

/** Types whose subject may lie in no room: README, package.json, .ci. */
const WITHOUT_SCOPE = new Set(['build', 'chore', 'ci', 'docs'])

/** Longest subject, in characters. */
const MAX_SUBJECT = 100

/** Finds fault with the first line of a commit message: `type(room): what`, or two rooms with a comma. */
export function checkSubject(subject: string): string | undefined {
  if (/^Revert "/.test(subject)) return undefined
  const match = /^([a-z]+)(?:\(([a-z,]+)\))?!?: (.*)$/.exec(subject)
  if (match === null) return `"${subject}" is not "type(room): what"`
  const [, type = '', scope, what = ''] = match
  const scopes = [...ROOMS, ...OTHER_SCOPES]
  if (!TYPES.includes(type)) return `"${subject}": "${type}" is no type`
  if (scope === undefined && !WITHOUT_SCOPE.has(type)) return `"${subject}" names no room`
  const stranger = scope?.split(',').find((each) => !scopes.includes(each))
  if (stranger !== undefined) return `"${subject}": "${stranger}" is no room`
  if (!/^[^\s].*[^\s.]$/.test(what)) return `"${subject}" ends with a full stop, or says nothing`
  return subject.length > MAX_SUBJECT ? `"${subject}" is longer than ${MAX_SUBJECT}` : undefined
}

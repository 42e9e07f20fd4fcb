import type { CommandSpec } from './command.ts'
import { GLOBAL_OPTIONS } from './global_options.ts'
import type { OptionSpec } from './option.ts'

/** A word that may stand where the cursor is. */
export interface Candidate {
  word: string
  summary: string
}

/** What may follow. */
export interface Completion {
  candidates: readonly Candidate[]
  /** Whether paths may follow, too; the shell knows these. */
  takesFiles: boolean
}

/** Names of extensions, listed when they are asked for. */
export interface ExtensionNames {
  /** What can be run by name. */
  runnable(): readonly string[] | Promise<readonly string[]>
  /** What `ext update` and the like are for. */
  installed(): readonly string[] | Promise<readonly string[]>
}

/** Shells for which there is a script. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

/** Commands whose arguments are names of extensions. */
const OF_RUNNABLE: ReadonlySet<string> = new Set(['ext run', 'ext info', 'ext test'])
const OF_INSTALLED: ReadonlySet<string> = new Set(['ext update', 'ext rollback', 'ext uninstall'])

/** Arguments, and values of options, that are paths. */
const PATHS = /\b(PATH|FILE|SOURCE|KEY|PROGRAM|COMMAND|DIRECTORY)\b/

/** What may stand for some values of options. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  color: ['auto', 'always', 'never'],
  engine: ['deno', 'bun'],
  'log-format': ['text', 'json'],
}

const NOTHING: Completion = { candidates: [], takesFiles: false }
const FILES: Completion = { candidates: [], takesFiles: true }

/**
 * Answers what may stand where the cursor is. It knows what commands say of themselves and the names of extensions, and reads nothing
 * that an extension's author has written: no line of it runs, and none of its words reach the shell.
 *
 * @param current what stands there already
 * @param before the words between "phylum" and it
 */
export async function complete(
  current: string,
  before: readonly string[],
  commands: readonly CommandSpec[],
  names: ExtensionNames,
): Promise<Completion> {
  const { words, open, isBehindDashes } = read(before, commands)
  if (open !== undefined) return completeValue(open, current)
  const [, name, value] = /^(--[^=]+)=(.*)$/.exec(current) ?? []
  if (name !== undefined && value !== undefined) {
    const spec = optionsAt(words, commands).find((each) => `--${each.name}` === name)
    if (spec === undefined) return NOTHING
    const { candidates, takesFiles } = completeValue(spec, value)
    return {
      candidates: candidates.map((each) => ({ ...each, word: `${name}=${each.word}` })),
      takesFiles,
    }
  }
  const found = await completeWord(current, { words, isBehindDashes }, commands, names)
  return {
    ...found,
    candidates: found.candidates.filter(({ word }) => word.startsWith(current)),
  }
}

async function completeWord(
  current: string,
  { words, isBehindDashes }: Pick<ReadWords, 'words' | 'isBehindDashes'>,
  commands: readonly CommandSpec[],
  names: ExtensionNames,
): Promise<Completion> {
  const { command, family, rest } = meet(words, commands)
  if (current.startsWith('-') && !isBehindDashes && !(command?.takesRest && rest.length > 0)) {
    if (words.length > 0 && family.length === 0) return FILES
    return { candidates: optionsAt(words, commands).flatMap(asCandidates), takesFiles: false }
  }
  if (words.length === 0 || (words.length === 1 && words[0] === 'help')) {
    const firsts = firstWords(commands)
    const known = new Set(firsts.map(({ word }) => word))
    const runnable = words.length > 0 ? [] : await names.runnable()
    const extensions = runnable.filter((word) => !known.has(word))
    return { candidates: [...firsts, ...asExtensions(extensions)], takesFiles: false }
  }
  // An extension's own words.
  if (family.length === 0) return words[0] === 'help' ? NOTHING : FILES
  if (command !== undefined) {
    return words[0] === 'help' ? NOTHING : await completeArgument(command, current, rest, names)
  }
  const wanted = words.at(words[0] === 'help' ? 1 : 0)!
  const at = words[0] === 'help' ? 2 : 1
  if (words.length !== at) return NOTHING
  const candidates = family.map(({ name, summary }) => ({ word: name.split(' ')[1]!, summary }))
  return { candidates: wanted === '' ? [] : candidates, takesFiles: false }
}

async function completeArgument(
  command: CommandSpec,
  current: string,
  rest: readonly string[],
  names: ExtensionNames,
): Promise<Completion> {
  const { name, usage, takesRest, positionals } = command
  const isFirst = rest.length === 0
  if (name === 'completion') {
    const candidates = SHELLS.map((word) => ({ word, summary: '' }))
    return isFirst ? { candidates, takesFiles: false } : NOTHING
  }
  if (rest.length >= positionals.max) return takesRest ? FILES : NOTHING
  const isPath = /^[.~/]/.test(current)
  if (OF_RUNNABLE.has(name)) {
    if (isPath) return FILES
    return { candidates: asExtensions(await names.runnable()), takesFiles: false }
  }
  if (OF_INSTALLED.has(name)) {
    const installed = (await names.installed()).filter((each) => !rest.includes(each))
    return { candidates: asExtensions(installed), takesFiles: false }
  }
  return PATHS.test(usage) ? FILES : NOTHING
}

function completeValue(spec: OptionSpec, current: string): Completion {
  const values = VALUES[spec.name]
  if (values === undefined) return PATHS.test(spec.value ?? '') ? FILES : NOTHING
  const candidates = values.filter((each) => each.startsWith(current))
    .map((word) => ({ word, summary: '' }))
  return { candidates, takesFiles: false }
}

/** The words that stand before the cursor, as far as they are known. */
interface ReadWords {
  /** Those that are no options. */
  words: string[]
  /** The option whose value comes next. */
  open: OptionSpec | undefined
  /** Whether "--" has ended the options. */
  isBehindDashes: boolean
}

function read(before: readonly string[], commands: readonly CommandSpec[]): ReadWords {
  const words: string[] = []
  let open: OptionSpec | undefined
  let isBehindDashes = false
  for (const word of before) {
    // Bash makes three words of "--color=auto".
    if (word === '=' && open !== undefined) continue
    if (open !== undefined) {
      open = undefined
      continue
    }
    if (word === '--' && !isBehindDashes) isBehindDashes = true
    else if (isBehindDashes || !word.startsWith('-') || word === '-') words.push(word)
    else open = optionsAt(words, commands).find((each) => isOpen(each, word))
  }
  return { words, open, isBehindDashes }
}

/** Answers whether a word is an option whose value comes in the next one. */
function isOpen(spec: OptionSpec, word: string): boolean {
  if (spec.value === undefined) return false
  return [spec.name, ...(spec.aliases ?? [])].some((name) => word === `--${name}`) ||
    (spec.short !== undefined && /^-[a-zA-Z]+$/.test(word) && word.endsWith(spec.short))
}

/** Finds the command, or the family of commands, that words lead to, and what is left of them. */
function meet(words: readonly string[], commands: readonly CommandSpec[]) {
  const [first, ...others] = words[0] === 'help' ? words.slice(1) : words
  const word = first === 'extension' || first === 'extensions' ? 'ext' : first
  const family = commands.filter(({ name }) => name.split(' ')[0] === word)
  const alone = family.find(({ name }) => name === word)
  const command = alone ?? family.find(({ name }) => name === `${word} ${others[0]}`)
  return { family, command, rest: alone === undefined ? others.slice(1) : others }
}

function optionsAt(words: readonly string[], commands: readonly CommandSpec[]): OptionSpec[] {
  const { command, rest } = meet(words, commands)
  if (command?.takesRest && rest.length >= command.positionals.max && rest.length > 0) return []
  return [...(command?.options ?? []), ...GLOBAL_OPTIONS]
}

function firstWords(commands: readonly CommandSpec[]): Candidate[] {
  const words = new Map<string, string>()
  for (const { name, summary } of commands) {
    const [first = '', second] = name.split(' ')
    if (second === undefined) words.set(first, summary)
    else words.set(first, words.has(first) ? `${words.get(first)}, ${second}` : second)
  }
  const help = { word: 'help', summary: 'Show help' }
  return [...[...words].map(([word, summary]) => ({ word, summary })), help]
}

function asCandidates({ name, short, summary }: OptionSpec): Candidate[] {
  const long = { word: `--${name}`, summary }
  return short === undefined ? [long] : [long, { word: `-${short}`, summary }]
}

function asExtensions(names: readonly string[]): Candidate[] {
  return names.map((word) => ({ word, summary: 'extension' }))
}

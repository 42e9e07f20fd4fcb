import { display, suggest, UsageError } from '#base'
import type { CommandSpec, Given, ListedCommand } from './command.ts'
import type { OptionSpec, OptionValues } from './option.ts'
import { GLOBAL_OPTIONS } from './global_options.ts'
import { usageLine } from './help.ts'
import { parseArguments } from './parse.ts'

/** What a command line means. */
export type Meaning =
  | { kind: 'overview' | 'version'; options: OptionValues }
  | { kind: 'family'; word: string; options: OptionValues }
  | { kind: 'help'; command: ListedCommand; options: OptionValues }
  | { kind: 'command'; command: ListedCommand; given: Given }
  /** A first word that is no command: the name of an extension, perhaps. */
  | { kind: 'extension'; command: ListedCommand; given: Given; firstWords: readonly string[] }

/** Long forms of a first word. */
const ALIASES = new Map([['extension', 'ext'], ['extensions', 'ext']])

/** First words that lead to a command, and so to no extension. */
export function firstWordsOf(commands: readonly CommandSpec[]): ReadonlySet<string> {
  return new Set([...commands.map(({ name }) => name.split(' ', 1)[0]!), ...ALIASES.keys(), 'help'])
}

/**
 * Finds out what a command line means: global options, then a command's words, then its own options and arguments. What
 * follows an extension's name is never looked at.
 *
 * @throws ERR_CLI_USAGE
 */
export function dispatch(argv: readonly string[], commands: readonly ListedCommand[]): Meaning {
  const top = parseArguments(argv, {
    options: GLOBAL_OPTIONS,
    stopAfter: 1,
    keepsSeparator: true,
    usage: 'phylum COMMAND',
  })
  const word = top.positionals[0]
  if (word === undefined) {
    return { kind: top.options.has('version') ? 'version' : 'overview', options: top.options }
  }
  if (word === 'help') return explain(top, commands)
  const name = ALIASES.get(word) ?? word
  const family = commands.filter((each) => each.name.split(' ')[0] === name)
  if (family.length === 0) return meanExtension(word, top, commands)
  const alone = family.find((each) => each.name === name)
  if (alone !== undefined) return meanRest(alone, top.rest, top.options)
  if (top.options.has('help')) return { kind: 'family', word: name, options: top.options }
  return meanCommand(name, family, top)
}

/** `phylum help`, `phylum help ext`, `phylum help ext run`. */
function explain(top: Given, commands: readonly ListedCommand[]): Meaning {
  const words = top.rest.map((word) => ALIASES.get(word) ?? word)
  if (words.length === 0) return { kind: 'overview', options: top.options }
  const name = words.join(' ')
  const command = commands.find((each) => each.name === name)
  if (command !== undefined) return { kind: 'help', command, options: top.options }
  if (commands.some((each) => each.name.startsWith(`${name} `))) {
    return { kind: 'family', word: name, options: top.options }
  }
  throw unknownCommand(name, commands.map((each) => each.name))
}

function meanExtension(word: string, top: Given, commands: readonly ListedCommand[]): Meaning {
  const command = commands.find((each) => each.name === 'ext run')!
  const firstWords = [...new Set(commands.map((each) => each.name.split(' ')[0]!)), 'help']
  // Here `-y` may stand behind the name of no command only, so the word and all that follows are the extension's.
  const rest = top.rest.slice(top.rest[0] === '--' ? 1 : 0)
  const given = { positionals: [word], rest, options: top.options }
  return { kind: 'extension', command, given, firstWords }
}

/** Reads the next word of a command's name: "list" after "group", "add" after "group member". */
function meanCommand(name: string, family: readonly ListedCommand[], top: Given): Meaning {
  const second = parseArguments(top.rest, {
    options: [...sharedOptions(family), ...GLOBAL_OPTIONS],
    stopAfter: 1,
    keepsSeparator: true,
    usage: `phylum ${name} COMMAND`,
  })
  const word = second.positionals[0]
  const options = merge(top.options, second.options)
  if (word === undefined) {
    if (top.rest.length === 0 || options.has('help')) return { kind: 'family', word: name, options }
    throw new UsageError(`A command is missing after "${name}"`, {
      usage: `phylum ${name} COMMAND`,
    })
  }
  const longer = `${name} ${word}`
  const command = family.find((each) => each.name === longer)
  if (command !== undefined) return meanRest(command, second.rest, options)
  const inner = family.filter((each) => each.name.startsWith(`${longer} `))
  if (inner.length > 0) return meanCommand(longer, inner, { ...second, options })
  throw unknownCommand(longer, family.map((each) => each.name))
}

/** Lists the options that every command of a family takes, so that they may stand before its last word, too. */
function sharedOptions([first, ...others]: readonly CommandSpec[]): readonly OptionSpec[] {
  if (first === undefined || others.length === 0) return []
  const takes = (options: readonly OptionSpec[], { name, value, isRepeated }: OptionSpec) =>
    options.some((each) =>
      each.name === name && each.value === value && each.isRepeated === isRepeated
    )
  return first.options.filter((option) => others.every(({ options }) => takes(options, option)))
}

/** Reads what follows the words of a command. */
function meanRest(command: ListedCommand, rest: readonly string[], options: OptionValues): Meaning {
  const usage = usageLine(command)
  const given = parseArguments(rest, {
    options: [...command.options, ...GLOBAL_OPTIONS],
    usage,
    ...(command.takesRest ? { stopAfter: command.positionals.max } : {}),
  })
  const all = { ...given, options: merge(options, given.options) }
  if (all.options.has('help')) return { kind: 'help', command, options: all.options }
  assertCount(command, all, usage)
  return { kind: 'command', command, given: all }
}

function assertCount(command: CommandSpec, given: Given, usage: string): void {
  const { min, max } = command.positionals
  const count = given.positionals.length
  if (count < min) throw new UsageError(`An argument is missing: ${command.usage}`, { usage })
  if (count > max) {
    throw new UsageError(`Unexpected argument "${display(given.positionals[max]!)}"`, { usage })
  }
}

/** Puts the options of two places together; switches that count add up, and the later text wins. */
function merge(left: OptionValues, right: OptionValues): OptionValues {
  const merged = new Map(left)
  for (const [name, value] of right) {
    const before = merged.get(name)
    merged.set(
      name,
      typeof value === 'number' && typeof before === 'number' ? before + value : value,
    )
  }
  return merged
}

function unknownCommand(name: string, known: readonly string[]): UsageError {
  const hints = suggest(name, known).map((each) => `did you mean \`phylum ${each}\`?`)
  return new UsageError(`Unknown command "${display(name)}"`, { hints, usage: 'phylum --help' })
}

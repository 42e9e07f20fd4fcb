import { display, suggest, UsageError } from '#base'
import { cac } from 'cac'
import type { Given } from './command.ts'
import type { OptionSpec, OptionValue } from './option.ts'

/** What a command line is parsed against. */
export interface Grammar {
  options: readonly OptionSpec[]
  /** Everything after this many positional arguments is passed on untouched; no limit when absent. */
  stopAfter?: number
  /** Whether a `--` right behind the last of them is passed on as well: what follows is yet to be parsed. */
  keepsSeparator?: boolean
  /** The usage line, shown with an error. */
  usage?: string
}

/**
 * Parses a command line.
 *
 * cac puts switches, values and positionals together, but it turns `007` into 7, `--no-config` into the opposite of
 * `--config`, takes any word for an option and would claim an extension's flags. So this walks the words first: it stops
 * where somebody else's begin, refuses what is not declared, and hands cac each name and each value as a mark.
 *
 * @throws ERR_CLI_USAGE
 */
export function parseArguments(argv: readonly string[], grammar: Grammar): Given {
  const values: string[] = []
  const mark = (value: string) => `@${values.push(value) - 1}`
  const marked: string[] = []
  let positionals = 0
  let at = 0
  for (; at < argv.length && positionals !== grammar.stopAfter; at++) {
    const word = argv[at]!
    if (word === '--') {
      // Before the last positional it says that what follows are no options, whatever they look like.
      for (at++; at < argv.length && positionals !== grammar.stopAfter; at++, positionals++) {
        marked.push(mark(argv[at]!))
      }
      break
    }
    if (!word.startsWith('-') || word === '-') {
      marked.push(mark(word))
      positionals++
      continue
    }
    for (const { spec, name, inline } of readOptions(word, grammar)) {
      const option = `--o${grammar.options.indexOf(spec)}`
      if (spec.value === undefined) {
        marked.push(option)
        continue
      }
      const value = inline ?? argv[++at]
      if (value === undefined) throw usage(`Option ${name} needs a value: ${spec.value}`, grammar)
      marked.push(`${option}=${mark(value)}`)
    }
  }
  // Behind the last positional it only separates.
  const rest = argv.slice(argv[at] === '--' && !grammar.keepsSeparator ? at + 1 : at)
  return { ...readMarked(marked, values, grammar), rest }
}

/** An option as one word gives it. */
interface Named {
  spec: OptionSpec
  /** As it was written, for messages. */
  name: string
  /** The value, where it stands in the same word. */
  inline?: string
}

/** Finds the declared options in a word: one with a long name, or a cluster of letters of which the last may take a value. */
function readOptions(word: string, grammar: Grammar): Named[] {
  if (word.startsWith('--')) {
    const end = word.indexOf('=')
    const name = end === -1 ? word : word.slice(0, end)
    const long = name.slice(2)
    const spec = grammar.options.find((each) => each.name === long || each.aliases?.includes(long))
    if (spec === undefined) throw unknown(name, grammar)
    if (end === -1) return [{ spec, name }]
    if (spec.value === undefined) throw usage(`Option ${name} takes no value`, grammar)
    return [{ spec, name, inline: word.slice(end + 1) }]
  }
  const found: Named[] = []
  for (let i = 1; i < word.length; i++) {
    const name = `-${word[i]}`
    const spec = grammar.options.find((each) => each.short === word[i])
    if (spec === undefined) throw unknown(name, grammar)
    if (spec.value === undefined) {
      found.push({ spec, name })
      continue
    }
    const inline = word.slice(i + 1).replace(/^=/, '')
    found.push(inline === '' ? { spec, name } : { spec, name, inline })
    break
  }
  return found
}

function readMarked(
  marked: readonly string[],
  values: readonly string[],
  grammar: Grammar,
): Omit<Given, 'rest'> {
  const parser = cac('phylum')
  const given = new Set(marked.map((word) => word.split('=', 1)[0]))
  for (const [index, { value }] of grammar.options.entries()) {
    const name = `--o${index}`
    // Of what is not there, it need not be told.
    if (given.has(name)) parser.option(value === undefined ? name : `${name} <value>`, '')
  }
  const parsed = parser.parse(['', '', ...marked], { run: false })
  const unmark = (text: unknown) => values[Number(String(text).slice(1))]!
  const options = new Map<string, OptionValue>()
  for (const [index, spec] of grammar.options.entries()) {
    const given: unknown = parsed.options[`o${index}`]
    if (given === undefined) continue
    const all = Array.isArray(given) ? given : [given]
    if (spec.value === undefined) options.set(spec.name, all.length)
    else options.set(spec.name, spec.isRepeated ? all.map(unmark) : unmark(all.at(-1)))
  }
  return { positionals: parsed.args.map(unmark), options }
}

function unknown(name: string, grammar: Grammar): UsageError {
  const known = grammar.options.flatMap((each) => [each.name, ...(each.aliases ?? [])]).map((
    each,
  ) => `--${each}`)
  const near = name.startsWith('--') ? suggest(name, known) : []
  return usage(
    `Unknown option "${display(name)}"`,
    grammar,
    near.map((each) => `did you mean ${each}?`),
  )
}

function usage(message: string, grammar: Grammar, hints: readonly string[] = []): UsageError {
  return new UsageError(
    message,
    grammar.usage === undefined ? { hints } : { hints, usage: grammar.usage },
  )
}

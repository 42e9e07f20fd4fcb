import { display, suggest, UsageError } from '#base'
import { cac } from 'cac'
import type { Given, OptionSpec } from './command.ts'

/** What a command line is parsed against. */
export interface Grammar {
  options: readonly OptionSpec[]
  /** Everything after this many positional arguments is passed on untouched; no limit when absent. */
  stopAfter?: number
  /** The usage line, shown with an error. */
  usage?: string
}

/**
 * Parses a command line.
 *
 * cac knows clusters of switches and options with values, but turns `007` into 7, takes any word for an option and would
 * claim an extension's flags. So this walks the words first: it stops where somebody else's begin, refuses what is not
 * declared, and hands cac each value as a mark that no conversion touches.
 *
 * @throws ERR_CLI_USAGE
 */
export function parseArguments(argv: readonly string[], grammar: Grammar): Given {
  const values: string[] = []
  const head: string[] = []
  let positionals = 0
  let i = 0
  const mark = (value: string) => `@${values.push(value) - 1}`
  for (; i < argv.length; i++) {
    if (positionals === grammar.stopAfter) break
    const word = argv[i]!
    if (word === '--') {
      // After the last positional it only separates; before it, what follows are values, dashes or not.
      for (i++; i < argv.length && positionals !== grammar.stopAfter; i++, positionals++) {
        head.push(mark(argv[i]!))
      }
      break
    }
    if (!word.startsWith('-') || word === '-') {
      head.push(mark(word))
      positionals++
      continue
    }
    const { spec, name, inline } = findOption(word, grammar)
    if (spec.value === undefined) {
      if (inline !== undefined) throw usage(`Option ${name} takes no value`, grammar)
      head.push(word)
      continue
    }
    const value = inline ?? argv[++i]
    if (value === undefined) throw usage(`Option ${name} needs a value: ${spec.value}`, grammar)
    head.push(`--${spec.name}=${mark(value)}`)
  }
  let rest = argv.slice(i)
  if (rest[0] === '--') rest = rest.slice(1)
  return { ...readParsed(head, values, grammar), rest }
}

/** Finds the declared option that a word means. */
function findOption(
  word: string,
  grammar: Grammar,
): { spec: OptionSpec; name: string; inline: string | undefined } {
  if (word.startsWith('--')) {
    const [name, inline] = splitOnce(word, '=')
    const long = name.slice(2)
    const spec = grammar.options.find((each) => each.name === long || each.aliases?.includes(long))
    if (spec !== undefined) return { spec, name, inline }
    throw unknown(name, grammar)
  }
  const letters = word.slice(1)
  for (let at = 0; at < letters.length; at++) {
    const name = `-${letters[at]}`
    const spec = grammar.options.find((each) => each.short === letters[at])
    if (spec === undefined) throw unknown(name, grammar)
    if (spec.value === undefined) continue
    if (at > 0) {
      throw usage(`Option ${name} needs a value, so it cannot stand in "${display(word)}"`, grammar)
    }
    const inline = letters.length > 1 ? letters.slice(1).replace(/^=/, '') : undefined
    return { spec, name, inline }
  }
  return {
    spec: grammar.options.find((each) => each.short === letters[0])!,
    name: word,
    inline: undefined,
  }
}

function readParsed(
  head: readonly string[],
  values: readonly string[],
  grammar: Grammar,
): Omit<Given, 'rest'> {
  const parser = cac('phylum')
  for (const { name, short, aliases, value } of grammar.options) {
    const names = [
      short === undefined ? [] : `-${short}`,
      `--${name}`,
      (aliases ?? []).map((alias) => `--${alias}`),
    ]
    parser.option(names.flat().join(', ') + (value === undefined ? '' : ` <${value}>`), '')
  }
  const parsed = parser.parse(['', '', ...head], { run: false })
  const unmark = (text: unknown) => values[Number(String(text).slice(1))]!
  const options = new Map<string, string | number>()
  for (const spec of grammar.options) {
    const given: unknown = parsed.options[camelCase(spec.name)] ??
      spec.aliases?.map((alias) => parsed.options[camelCase(alias)]).find((each) =>
        each !== undefined
      )
    if (given === undefined) continue
    const all = Array.isArray(given) ? given : [given]
    options.set(spec.name, spec.value === undefined ? all.length : unmark(all.at(-1)))
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

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

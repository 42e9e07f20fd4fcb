import type { Context } from './compose.ts'
import type { OptionSpec, OptionValues } from './option.ts'

/** What a command says of itself. */
export interface CommandSpec {
  /** Words that call it, "group create". */
  name: string
  summary: string
  /** Its positional arguments as help shows them, "NAME" or "[NAME]…". */
  usage: string
  /** How many positional arguments it takes. */
  positionals: { min: number; max: number }
  /** Everything after the last positional belongs to somebody else: an extension, a command to be run. */
  takesRest?: boolean
  options: readonly OptionSpec[]
  /** Shown first in help: command line and what it does. */
  examples: readonly (readonly [string, string])[]
}

/** One command of the terminal. */
export interface Command extends CommandSpec {
  /** Runs it. @returns the exit code */
  run(context: Context, given: Given): Promise<number>
}

/** A command whose module, and all that this needs, is loaded when it is run. */
export interface ListedCommand extends CommandSpec {
  load(): Promise<Command>
}

/** The command line after parsing. */
export interface Given {
  positionals: readonly string[]
  rest: readonly string[]
  options: OptionValues
}

/** Reads a text option. */
export function textOption(given: Given, name: string): string | undefined {
  const value = given.options.get(name)
  return typeof value === 'string' ? value : undefined
}

/** Reads an option that may be repeated. */
export function textOptions(given: Given, name: string): readonly string[] {
  const value = given.options.get(name)
  return typeof value === 'object' ? value : []
}

/** Answers whether a switch was given. */
export function hasOption(given: Given, name: string): boolean {
  return given.options.has(name)
}

/** An option as it is declared: parsing, help and suggestions are made from it. */
export interface OptionSpec {
  /** Long name without dashes, "ignore-certs". */
  name: string
  /** One-letter name without the dash. */
  short?: string
  /** Other long names. */
  aliases?: readonly string[]
  /** Name of the value in help, "FILE"; absent for a switch. */
  value?: string
  /** A switch that counts how often it is given. */
  isCounted?: boolean
  /** An option that may be given several times, each with a value of its own. */
  isRepeated?: boolean
  summary: string
}

/** What was given for an option: a text, several where it may be repeated, or how often a switch stood there. */
export type OptionValue = string | number | readonly string[]

/** What was given on the command line, by long name. */
export type OptionValues = ReadonlyMap<string, OptionValue>

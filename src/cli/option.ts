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
  /** Several values may be given: with commas between them, or with the option again for each. */
  isList?: boolean
  summary: string
}

/** What was given on the command line, by long name: a text, or how often a switch stood there. */
export type OptionValues = ReadonlyMap<string, string | number>

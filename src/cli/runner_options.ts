import { display, UsageError } from '#base'
import type { EngineName } from '#registry'

/** An option of an engine's runner of tests that changes nothing about what the tests may do. */
interface RunnerOption {
  /** Its long name. */
  name: string
  short?: string
  takesValue?: true
}

/** What may be said to each runner. All else is refused: among the rest are options that grant permissions or write files. */
const OPTIONS: Record<EngineName, readonly RunnerOption[]> = {
  deno: [
    { name: '--filter', takesValue: true },
    { name: '--fail-fast' },
    { name: '--shuffle' },
    { name: '--hide-stacktraces' },
    { name: '--reporter', takesValue: true },
  ],
  bun: [
    { name: '--test-name-pattern', short: '-t', takesValue: true },
    { name: '--timeout', takesValue: true },
    { name: '--bail' },
    { name: '--randomize' },
    { name: '--only' },
    { name: '--todo' },
    { name: '--dots' },
    { name: '--only-failures' },
  ],
}

/**
 * Reads options for an engine's runner of tests, each as one word.
 *
 * @throws ERR_CLI_USAGE for an option that is not known to be harmless
 */
export function readRunnerOptions(engine: EngineName, words: readonly string[]): string[] {
  const read: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    const [written = '', ...rest] = word.split('=')
    const option = OPTIONS[engine].find(({ name, short }) => name === written || short === written)
    if (option === undefined) {
      const known = OPTIONS[engine].map(({ name }) => name).join(', ')
      throw new UsageError(`Cannot pass "${display(word)}" to the tests`, {
        hints: [`the runner of ${engine} may be told ${known}`],
      })
    }
    const value = rest.length > 0 ? rest.join('=') : option.takesValue ? words[++at] : undefined
    if (option.takesValue && value === undefined) {
      throw new UsageError(`Option ${option.name} needs a value`)
    }
    read.push(value === undefined ? option.name : `${option.name}=${value}`)
  }
  return read
}

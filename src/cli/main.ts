import { display, isPhylumError, PhylumError, suggest } from '#base'
import manifest from '../../package.json' with { type: 'json' }
import { COMMANDS } from './catalog.generated.ts'
import type { Given, ListedCommand } from './command.ts'
import { COMPLETE_WORD } from './complete_word.ts'
import { createContext, readAll } from './compose.ts'
import type { Context } from './compose.ts'
import { dispatch, firstWordsOf } from './dispatch.ts'
import type { Meaning } from './dispatch.ts'
import { EXCHANGE_WORD } from './exchange_word.ts'
import { exitCodeOf } from './exit.ts'
import { readGlobalOptions } from './global_options.ts'
import { renderCommandHelp, renderFamily, renderOverview } from './help.ts'
import { prepareProcess } from './platform.ts'
import { renderError, renderJsonError } from './render_error.ts'
import { createStreams } from './streams.ts'
import type { Streams } from './streams.ts'
import { createTerminal } from './terminal.ts'

/** The parts of a process that the program touches. */
export type Process = Pick<
  NodeJS.Process,
  'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'cwd' | 'on'
>

/**
 * Runs phylum: reads the command line, does what it says, and turns every failure into a message and an exit code.
 * @returns the exit code
 */
export async function main(process: Process): Promise<number> {
  const argv = process.argv.slice(2)
  const streams = createStreams(process)
  let terminal = createTerminal(streams, process.env, {
    color: 'auto',
    verbosity: argv.filter((word) => /^-v+$/.test(word)).length,
    isInputAllowed: true,
  })
  let isJson = false
  try {
    prepareProcess(process)
    if (argv[0] === COMPLETE_WORD) return await answer(process, streams, argv.slice(1))
    if (argv.length === 1 && argv[0] === EXCHANGE_WORD) return await exchange(process, streams)
    const meaning = dispatch(argv, COMMANDS)
    const options = readGlobalOptions(optionsOf(meaning), process.env)
    terminal = createTerminal(streams, process.env, options)
    if (meaning.kind === 'command') isJson = wantsJson(meaning.given)
    const context = createContext({
      terminal,
      environment: process.env,
      options,
      workingDirectory: process.cwd(),
      commandWords: firstWordsOf(COMMANDS),
      input: () => process.stdin,
    })
    return await act(meaning, context)
  } catch (error) {
    if (isJson) terminal.say(renderJsonError(error, exitCodeOf(error)))
    else terminal.say(renderError(terminal, error))
    return exitCodeOf(error)
  }
}

/** Answers whether programs read what a command has to say. */
function wantsJson({ options }: Given): boolean {
  return options.has('json') || options.get('log-format') === 'json'
}

/** Runs as the process that exchanges a refresh token for another one of ours. */
async function exchange(process: Process, streams: Streams): Promise<number> {
  // Its work, once begun, must come to its end; see `obtainInProcess()`.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
  const { serveExchange } = await import('./exchange_process.ts')
  const answer = await serveExchange(await readAll(process.stdin), process.env)
  streams.write('stdout', answer)
  return 0
}

/** Tells a shell what may follow the words that were typed. */
async function answer(
  process: Process,
  streams: Streams,
  words: readonly string[],
): Promise<number> {
  const { answerShell } = await import('./answer_shell.ts')
  const world = { environment: process.env, workingDirectory: process.cwd() }
  streams.write('stdout', await answerShell(words, COMMANDS, world))
  return 0
}

async function act(meaning: Meaning, context: Context): Promise<number> {
  const { terminal } = context
  switch (meaning.kind) {
    case 'version':
      terminal.print(`phylum ${manifest.version}`)
      return 0
    case 'overview':
      terminal.print(renderOverview(terminal, COMMANDS))
      return 0
    case 'family': {
      const family = COMMANDS.filter((each) => each.name.startsWith(`${meaning.word} `))
      terminal.print(renderFamily(terminal, meaning.word, family))
      return 0
    }
    case 'help':
      terminal.print(renderCommandHelp(terminal, meaning.command))
      return 0
    case 'command':
      return await (await meaning.command.load()).run(context, meaning.given)
    case 'extension':
      return await runByName(context, meaning.command, meaning.given, meaning.firstWords)
  }
}

/** Runs `phylum NAME`; when there is no such extension, the word was perhaps meant to be a command. */
async function runByName(
  context: Context,
  command: ListedCommand,
  given: Given,
  firstWords: readonly string[],
): Promise<number> {
  try {
    return await (await command.load()).run(context, given)
  } catch (error) {
    const word = given.positionals[0]!
    if (
      !isPhylumError(error, 'ERR_REGISTRY_NOT_FOUND') && !isPhylumError(error, 'ERR_REGISTRY_NAME')
    ) throw error
    const commands = suggest(word, firstWords).map((each) => `did you mean \`phylum ${each}\`?`)
    throw new PhylumError('ERR_CLI_USAGE', `Unknown command or extension "${display(word)}"`, {
      hints: [...commands, ...error.hints, '`phylum --help` lists the commands'],
    })
  }
}

function optionsOf(meaning: Meaning): Given['options'] {
  return 'given' in meaning ? meaning.given.options : meaning.options
}

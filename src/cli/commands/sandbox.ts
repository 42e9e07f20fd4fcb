import { UsageError } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { checkMachine, renderMachine } from '../check_machine.ts'
import { runSandboxed } from '../run_sandboxed.ts'

/** `phylum sandbox` */
export const sandbox: Command = {
  name: 'sandbox',
  summary: 'Run a command behind the wall, or show what this machine can enforce',
  usage: '-- COMMAND [ARGUMENTS]… | --check',
  positionals: { min: 0, max: 1 },
  takesRest: true,
  options: [
    { name: 'allow-read', value: 'PATH', isRepeated: true, summary: 'Let it read PATH' },
    { name: 'allow-write', value: 'PATH', isRepeated: true, summary: 'Let it change PATH' },
    {
      name: 'allow-run',
      value: 'PROGRAM',
      isRepeated: true,
      summary: 'Let it start PROGRAM, a name, a path, or a directory of them',
    },
    {
      name: 'allow-env',
      value: 'NAME',
      isRepeated: true,
      summary: 'Give it the variable NAME; PATH and the terminal are there',
    },
    { name: 'allow-net', summary: 'Let it connect to other hosts' },
    { name: 'strict', summary: 'Grant nothing that is not named, system libraries included' },
    { name: 'check', summary: 'Try each layer of the wall' },
    { name: 'json', summary: 'With --check: print it as JSON' },
  ],
  examples: [
    ['phylum sandbox -- make --version', 'no file of yours, no network, and make alone'],
    ['phylum sandbox --allow-read . --allow-run node -- node x.js', 'reads the working directory'],
    ['phylum sandbox --check', 'the layers, and what is missing for more; 0 when it is whole'],
  ],
  async run(context, given) {
    const { terminal } = context
    const [command] = given.positionals
    if (!hasOption(given, 'check')) {
      if (command !== undefined) return await runSandboxed(context, command, given)
      throw new UsageError('A command is missing', { usage: 'phylum sandbox -- COMMAND' })
    }
    if (command !== undefined) throw new UsageError('Option --check runs no command')
    const state = await checkMachine(context)
    if (hasOption(given, 'json')) terminal.print(JSON.stringify({ schema: 1, ...state }))
    else terminal.print(renderMachine(state))
    return state.level === 'full' ? 0 : 1
  },
}

import { display, UsageError } from '#base'
import type { Command } from '../command.ts'
import { SHELLS } from '../complete.ts'

/** `phylum completion` */
export const completion: Command = {
  name: 'completion',
  summary: 'Print a script that completes commands and names of extensions',
  usage: SHELLS.join('|'),
  positionals: { min: 1, max: 1 },
  options: [],
  examples: [
    ['source <(phylum completion bash)', 'in ~/.bashrc; zsh the same, in ~/.zshrc'],
    ['phylum completion fish | source', 'in ~/.config/fish/config.fish'],
    ['phylum completion powershell | Out-String | Invoke-Expression', 'in $PROFILE'],
  ],
  async run({ terminal }, given) {
    const wanted = given.positionals[0]
    const shell = SHELLS.find((each) => each === wanted)
    if (shell === undefined) {
      throw new UsageError(`Unknown shell "${display(wanted ?? '')}"`, {
        usage: `phylum completion ${SHELLS.join('|')}`,
      })
    }
    const { COMPLETION_SCRIPTS } = await import('../completion_script.ts')
    terminal.print(COMPLETION_SCRIPTS[shell].trimEnd())
    return 0
  },
}

import { classifyCredential } from '#auth'
import { display, PhylumError, Secret } from '#base'
import { updateSettings } from '#config'
import type { Command } from '../command.ts'

/** `phylum auth set-token` */
export const authSetToken: Command = {
  name: 'auth set-token',
  summary: 'Store an API key or refresh token in the settings',
  usage: '[TOKEN]',
  positionals: { min: 0, max: 1 },
  options: [],
  examples: [
    ['phylum auth set-token', 'ask for it, without showing it'],
    ['phylum auth set-token < key.txt', 'read it from a file'],
  ],
  async run(context, { positionals: [given] }) {
    const { terminal } = context
    if (!context.options.isConfigAllowed) {
      throw new PhylumError(
        'ERR_CONFIG_WRITE',
        'Cannot store a token: --no-config forbids to write settings',
      )
    }
    if (given !== undefined) {
      terminal.log.warn(
        'a token on the command line stays in the history of the shell and shows up in `ps`',
      )
    }
    const text = given ?? await terminal.prompter.hidden('API key or refresh token') ??
      await context.readInput()
    const source = given === undefined ? 'standard input' : 'the command line'
    const secret = Secret.parse(text.replace(/\r?\n$/, ''), source)
    classifyCredential(secret, source)
    await updateSettings(context.paths.settingsFile, { credential: secret })
    terminal.log.note(`Stored the token in "${display(context.paths.settingsFile)}"`)
    return 0
  },
}

import { classifyCredential, openLogin } from '#auth'
import { display, Secret } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'

/** `phylum auth set-token` */
export const authSetToken: Command = {
  name: 'auth set-token',
  summary: 'Store an API key or refresh token in the settings',
  usage: '[TOKEN]',
  positionals: { min: 0, max: 1 },
  options: [{
    name: 'keyring',
    summary: "Keep it in the system's keyring instead of in the settings",
  }],
  examples: [
    ['phylum auth set-token', 'ask for it, without showing it'],
    ['phylum auth set-token < key.txt', 'read it from a file'],
  ],
  async run(context, given) {
    const { terminal } = context
    const [argument] = given.positionals
    const store = context.credentialStore()
    if (argument !== undefined) {
      terminal.log.warn(
        'a token on the command line stays in the history of the shell and shows up in `ps`',
      )
    }
    const text = argument ?? await terminal.prompter.hidden('API key or refresh token') ??
      await context.readInput()
    const source = argument === undefined ? 'standard input' : 'the command line'
    const secret = Secret.parse(text.replace(/\r?\n$/, ''), source)
    classifyCredential(secret, source)
    const isKeyring = hasOption(given, 'keyring')
    const { storeCredential } = await openLogin()
    await storeCredential(store, secret, { isKeyring })
    const place = `"${display(context.paths.settingsFile)}"`
    terminal.log.note(
      isKeyring
        ? `Stored the token in the keyring; ${place} refers to it`
        : `Stored the token in ${place}`,
    )
    return 0
  },
}

import { UsageError } from '#base'
import type { Command, Given } from '../command.ts'
import { hasOption, textOption } from '../command.ts'
import type { OptionSpec } from '../option.ts'

/** Options of every command that ends with a new key in the settings. */
export const LOGIN_OPTIONS: readonly OptionSpec[] = [
  { name: 'token-name', value: 'NAME', summary: 'Name of the new key, as the web UI shows it' },
  { name: 'device', summary: 'Show a code, to be entered in the browser of any machine' },
  { name: 'keyring', summary: "Keep the key in the system's keyring instead of in the settings" },
]

/** `phylum auth login` */
export const authLogin: Command = {
  name: 'auth login',
  summary: 'Log in with the browser, and store a key of your own',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    { name: 'reauth', summary: 'Ask for the password even if the browser is logged in' },
    ...LOGIN_OPTIONS,
  ],
  examples: [
    ['phylum auth login', 'in the browser; over SSH, by a code'],
    ['phylum auth login --token-name laptop', 'with a name that you will recognize'],
  ],
  async run(context, given) {
    const { loginAndStore } = await import('../login.ts')
    await loginAndStore(context, { ...readWish(given), isReauth: hasOption(given, 'reauth') })
    return 0
  },
}

/** Reads the options of a login. @throws ERR_CLI_USAGE */
export function readWish(given: Given) {
  const name = textOption(given, 'token-name')
  if (name?.trim() === '') throw new UsageError('Option --token-name is empty')
  return { name, isDevice: hasOption(given, 'device'), isKeyring: hasOption(given, 'keyring') }
}

import { display, PhylumError, UsageError } from '#base'
import type { Command } from '../command.ts'
import { hasOption, textOption } from '../command.ts'
import { systemClock } from '../platform.ts'

/** Longest life of a key that can be asked for, in days. */
const MAX_DAYS = 36_500

const DAY = 24 * 60 * 60 * 1000

/** `phylum auth create-token` */
export const authCreateToken: Command = {
  name: 'auth create-token',
  summary: 'Make another API key, and print it this once',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [
    { name: 'expiry', value: 'DAYS', summary: 'Days after which it ends (default: it does not)' },
    { name: 'device', summary: 'Show a code, to be entered in the browser of any machine' },
  ],
  examples: [
    ['phylum auth create-token ci --expiry 90', 'a key for another machine, after a login'],
    ['phylum auth create-token ci > key.txt', 'standard output holds the key and nothing else'],
  ],
  async run(context, given) {
    const [name = ''] = given.positionals
    if (name.trim() === '') throw new UsageError('The name of the key is empty')
    const expiry = readExpiry(textOption(given, 'expiry'))
    const { login } = await import('../login.ts')
    const { key } = await login(context, { name, expiry, isDevice: hasOption(given, 'device') })
    context.terminal.log.note(`Made the key "${display(name)}". It is shown this once:`)
    context.terminal.print(key.reveal())
    return 0
  },
}

function readExpiry(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= MAX_DAYS) return new Date(systemClock.now() + days * DAY)
  throw new PhylumError(
    'ERR_AUTH_EXPIRY',
    `Cannot make a key that expires after "${
      display(text, 40)
    }" days: it must be a whole number from 1 to ${MAX_DAYS}`,
  )
}

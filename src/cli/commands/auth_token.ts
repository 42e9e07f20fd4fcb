import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'

/** `phylum auth token` */
export const authToken: Command = {
  name: 'auth token',
  summary: 'Print the credential',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{
    name: 'bearer',
    summary: 'Print what stands after "Bearer ": a refresh token is exchanged first',
  }],
  examples: [
    ['phylum auth token', 'the API key or refresh token as it is stored'],
    ['curl -H "Authorization: Bearer $(phylum auth token --bearer)" …', 'call the API by hand'],
  ],
  async run(context, given) {
    if (hasOption(given, 'bearer')) {
      const { bearer } = await (await context.credentialSource()).get()
      context.terminal.print(bearer.reveal())
    } else {
      context.terminal.print((await context.requireCredential()).secret.reveal())
    }
    return 0
  },
}

import type { Program } from './identity.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** A program that may ask: its name, and how OpenID Connect describes it. */
interface Client {
  program: Program
  metadata: Record<string, unknown>
}

const TOKEN_CLIENT = describe(
  { id: 'phylum_cli', name: 'phylum, the command-line tool', holds: 'tokens' },
  ['authorization_code', 'refresh_token', DEVICE_GRANT],
)

const KEY_CLIENT = describe(
  { id: 'locksmith', name: 'phylum, the command-line tool', holds: 'key' },
  ['authorization_code', DEVICE_GRANT],
)

/** The client whose codes become API keys. */
export const KEY_CLIENT_ID = KEY_CLIENT.program.id

/** The client that holds refresh tokens, and whose access tokens the API takes. */
export const TOKEN_CLIENT_ID = TOKEN_CLIENT.program.id

/** Every program that may ask for a credential. There is no registration: a program that is not here gets nothing. */
export const CLIENTS: readonly Client[] = [TOKEN_CLIENT, KEY_CLIENT]

/** Finds a program by its id. */
export function findProgram(id: string | undefined): Program | undefined {
  return CLIENTS.find(({ program }) => program.id === id)?.program
}

/** Describes a program on somebody's own machine, which can keep no secret: PKCE is what proves that a code is its own. */
function describe(program: Program, grants: readonly string[]): Client {
  return {
    program,
    metadata: {
      client_id: program.id,
      client_name: program.name,
      // RFC 8252, section 7.3: the port is whichever was free when the program began to listen.
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/'],
      token_endpoint_auth_method: 'none',
      grant_types: grants,
      response_types: ['code'],
      response_modes: ['query'],
      id_token_signed_response_alg: program.holds === 'tokens' ? 'ES256' : 'RS256',
    },
  }
}

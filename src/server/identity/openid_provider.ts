import { Provider } from 'oidc-provider/lib/provider.js'
import { display, isPhylumError } from '#base'
import type { Clock, Log } from '#base'
import type { Database } from '../store/database.ts'
import { createStore } from '../store.ts'
import { createConfiguration, SESSION_COOKIE } from './configuration.ts'
import { callNodeHandler, createNodeExchange } from './node_bridge.ts'
import type { NodeHandler, NodeRequest, NodeResponse } from './node_bridge.ts'
import { MOUNT } from './paths.ts'
import type { Records } from './records.ts'
import { readServerKeys } from './server_keys.ts'

export interface OpenidOptions {
  database: Database
  records: Records
  clock: Clock
  log: Log
  /** Where the server is reached from outside. */
  origin: URL
}

/** The OpenID provider as a function of a request, with its types kept to this folder. */
export class OpenidProvider {
  readonly #options: OpenidOptions
  #version: string | undefined
  #provider: Provider | undefined
  #handler: NodeHandler | undefined
  /** What the provider has hidden from whoever asked. */
  readonly #failures = new WeakMap<NodeRequest, Error>()

  constructor(options: OpenidOptions) {
    this.#options = options
  }

  /** Gives the provider itself, with the keys that are good at this moment. */
  async open(): Promise<Provider> {
    const { database, records, clock } = this.#options
    const keys = await readServerKeys(database, clock)
    if (this.#provider === undefined || this.#version !== keys.version) {
      const provider = new Provider(
        this.#options.origin.origin + MOUNT,
        createConfiguration({
          records,
          keys,
          findUser: (id) => createStore(database, { clock }).findUserById(id),
        }),
      )
      provider.on('server_error', ({ req }, error) => void this.#failures.set(req, error))
      // Without a listener, errors would be written to stderr with their stack.
      provider.on('error', (error) => this.#warn(error))
      this.#handler = provider.callback()
      this.#provider = provider
      this.#version = keys.version
    }
    return this.#provider
  }

  /** Asks the provider; the request's path is at or below the mount. */
  async ask(request: Request, body: Uint8Array = new Uint8Array()): Promise<Response> {
    await this.open()
    const [nodeRequest, nodeResponse] = createNodeExchange(request, {
      mount: MOUNT,
      origin: this.#options.origin,
      body,
    })
    const answer = await callNodeHandler(this.#handler!, nodeRequest, nodeResponse)
    // Where the database is gone, the provider would only say that something went wrong.
    const failure = this.#failures.get(nodeRequest)
    if (isPhylumError(failure)) throw failure
    if (failure !== undefined) this.#warn(failure)
    return withoutNoise(answer)
  }

  /** Makes what the provider wants to see of a request whose cookies it shall look at. */
  exchange(request: Request): [NodeRequest, NodeResponse] {
    return createNodeExchange(request, {
      mount: '',
      origin: this.#options.origin,
      body: new Uint8Array(),
    })
  }

  #warn(error: Error): void {
    this.#options.log.warn(display(`The OpenID provider failed: ${error.message}`))
  }
}

/** Takes out of an answer what the provider adds for cases that do not exist here. */
function withoutNoise(answer: Response): Response {
  const { headers } = answer
  // Pages of other origins read nothing here, not even what everybody may know.
  for (const name of [...headers.keys()]) {
    if (name.startsWith('access-control-') || name === 'vary') headers.delete(name)
  }
  const cookies = headers.getSetCookie().filter((cookie) => !cookie.startsWith(SESSION_COOKIE))
  headers.delete('set-cookie')
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return answer
}

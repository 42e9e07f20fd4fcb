import type { Secret } from '#base'
import type { RunningServer, ServerOptions, Store } from '#server'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server with one account in it, for as long as something is done with it. */
export interface ThrowAwayServer {
  url: string
  /** A key of the account. */
  key: Secret
  store: Store
  userId: string
}

/**
 * Starts the embedded server on a free port, with a database of its own and the account you@localhost, and removes all of it
 * afterwards.
 *
 * @param keyName what its key is called
 */
export async function withThrowAwayServer<T>(
  options: Omit<ServerOptions, 'database' | 'port'>,
  keyName: string,
  work: (server: ThrowAwayServer) => Promise<T>,
): Promise<T> {
  const { createAccount, createKey, startServer } = await import('#server')
  const directory = mkdtempSync(join(tmpdir(), 'phylum-server-'))
  let server: RunningServer | undefined
  try {
    server = await startServer({
      ...options,
      database: join(directory, 'server.sqlite'),
      port: 0,
    })
    const user = await createAccount(server.store, { email: 'you@localhost', name: 'You' })
    const { secret } = await createKey(server.store, user.id, { name: keyName })
    return await work({ url: server.url, key: secret, store: server.store, userId: user.id })
  } finally {
    await server?.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

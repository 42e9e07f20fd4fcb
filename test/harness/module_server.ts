import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificates } from './certificates.ts'

/** What a path of the server answers: a text, where it leads on, or whatever a function makes of it. */
export type ServedModule = string | { location: string } | ((response: ServerResponse) => void)

/** Servers of modules: https with a certificate of an authority of their own, and JSR, which speaks https as well. */
export interface ModuleServer {
  /** "https://127.0.0.1:PORT". */
  origin: string
  /** "127.0.0.1:PORT". */
  host: string
  /** What is served, by path; may be changed at any time. */
  files: Record<string, ServedModule>
  /** Paths that were asked for. */
  seen: string[]
  /** Environment of a phylum that trusts the authority and takes JSR to be here. */
  environment: Record<string, string>
  /** Publishes a package on JSR; with a single module, "mod.ts". */
  publishJsr(name: string, version: string, source: string): void
  stop(): Promise<void>
}

/** Answers why it cannot be started here, or false. */
export const whyNoModuleServer = spawnSync('openssl', ['version']).status === 0
  ? false
  : 'openssl is not installed'

/** Starts one on a free port. @param isTrusted whether its certificate is a good one */
export async function startModuleServer(isTrusted = true): Promise<ModuleServer> {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-modules-'))
  const { authority, good, bad } = makeCertificates()
  const authorityFile = join(directory, 'ca.pem')
  writeFileSync(authorityFile, authority)
  const files: Record<string, ServedModule> = {}
  const seen: string[] = []
  const server = createServer(isTrusted ? good : bad)
  server.on('request', (request, response) => {
    // No two answers are alike, as in life.
    response.setHeader('etag', `"${seen.push(request.url ?? '')}"`)
    const file = files[new URL(request.url ?? '', 'https://x').pathname]
    if (typeof file === 'function') return file(response)
    if (file === undefined) response.writeHead(404).end()
    else if (typeof file === 'object') response.writeHead(302, file).end()
    else response.writeHead(200, { 'content-type': typeOf(request.url ?? '') }).end(file)
  })
  // Handshakes that fail are what some tests are about.
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin: `https://${host}`,
    host,
    files,
    seen,
    environment: {
      NODE_EXTRA_CA_CERTS: authorityFile,
      DENO_CERT: authorityFile,
      JSR_URL: `https://${host}/jsr/`,
    },
    publishJsr(name, version, source) {
      const base = `/jsr/${name}`
      const [scope = '', bare] = name.slice(1).split('/')
      const checksum = `sha256-${createHash('sha256').update(source).digest('hex')}`
      files[`${base}/meta.json`] = JSON.stringify({
        scope,
        name: bare,
        latest: version,
        versions: { [version]: {} },
      })
      files[`${base}/${version}_meta.json`] = JSON.stringify({
        manifest: { '/mod.ts': { size: source.length, checksum } },
        exports: { '.': './mod.ts' },
      })
      files[`${base}/${version}/mod.ts`] = source
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function typeOf(url: string): string {
  if (url.endsWith('.json')) return 'application/json'
  return url.endsWith('.js') ? 'text/javascript' : 'application/typescript'
}

/** Runs a test with a server of modules. */
export function withModules<T extends readonly unknown[]>(
  body: (server: ModuleServer, ...more: T) => Promise<void>,
): (...more: T) => Promise<void> {
  return async (...more) => {
    const server = await startModuleServer()
    try {
      await body(server, ...more)
    } finally {
      await server.stop()
    }
  }
}

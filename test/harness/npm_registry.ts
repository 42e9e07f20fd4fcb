import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { ROOT } from './phylum.ts'

/** A registry of npm: Verdaccio, in a process of its own, with nothing behind it. */
export interface NpmRegistry {
  /** "http://127.0.0.1:<port>/". */
  readonly url: string
  /** May read the packages of "@team", and publish. */
  readonly token: string
  /** Lines of an `.npmrc` with which "@team" comes from here, and is read with the token. */
  readonly npmrc: string
  /**
   * Publishes a package as `npm publish` does.
   *
   * @param change changes what is sent, before it is
   * @param manifest what else its package.json says
   */
  publish(
    name: string,
    version: string,
    tarball: Uint8Array,
    options?: {
      tag?: string
      change?: (dist: Record<string, unknown>) => void
      manifest?: Record<string, unknown>
    },
  ): Promise<void>
  stop(): Promise<void>
}

const SERVER = `
  const { runServer } = require('verdaccio')
  process.stdin.on('end', () => process.exit(0)).resume()
  runServer(JSON.parse(process.argv[1])).then((server) => {
    server.listen(0, '127.0.0.1', () => console.log('PORT ' + server.address().port))
  })`

/**
 * Starts it, in one to two seconds: once per file of tests. "@team/*" is for those who are logged in; all else is for everybody.
 */
export async function startNpmRegistry(): Promise<NpmRegistry> {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-npm-'))
  const configuration = {
    storage: join(directory, 'storage'),
    configPath: join(directory, 'config.yaml'),
    self_path: join(directory, 'config.yaml'),
    auth: { htpasswd: { file: join(directory, 'htpasswd'), algorithm: 'sha1' } },
    uplinks: {},
    packages: {
      '@team/*': {
        access: '$authenticated',
        publish: '$authenticated',
        unpublish: '$authenticated',
      },
      '**': { access: '$all', publish: '$authenticated', unpublish: '$authenticated' },
    },
    log: { type: 'stdout', level: 'fatal' },
    web: { enable: false },
  }
  const child = spawn('node', ['-e', SERVER, JSON.stringify(configuration)], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: directory },
  })
  const port = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      const [, found] = /PORT (\d+)/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    })
    child.on('close', () => reject(new Error(`Verdaccio does not start: ${output}`)))
  })
  const url = `http://127.0.0.1:${port}/`

  async function put(
    path: string,
    body: unknown,
    token?: string,
  ): Promise<Record<string, unknown>> {
    const response = await fetch(new URL(path, url), {
      method: 'PUT',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    })
    assert.ok(response.ok, `PUT ${path}: ${response.status}`)
    return await response.json()
  }

  const user = { name: 'author', password: 'correct horse', type: 'user', roles: [] }
  const token = String((await put('-/user/org.couchdb.user:author', user))['token'])
  return {
    url,
    token,
    npmrc: `@team:registry=${url}\n//127.0.0.1:${port}/:_authToken=${token}\n`,
    async publish(name, version, tarball, options = {}) {
      const file = `${name}-${version}.tgz`
      const dist: Record<string, unknown> = {
        integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
        shasum: createHash('sha1').update(tarball).digest('hex'),
        tarball: new URL(`${name}/-/${file}`, url).href,
      }
      options.change?.(dist)
      await put(name.replace('/', '%2f'), {
        _id: name,
        name,
        'dist-tags': { [options.tag ?? 'latest']: version },
        versions: {
          [version]: { ...options.manifest, _id: `${name}@${version}`, name, version, dist },
        },
        _attachments: {
          [file]: {
            content_type: 'application/octet-stream',
            data: Buffer.from(tarball).toString('base64'),
            length: tarball.length,
          },
        },
      }, token)
    },
    async stop() {
      const ended = new Promise((resolve) => child.on('close', resolve))
      child.stdin.end()
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

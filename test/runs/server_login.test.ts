import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandOf, ONE_FORM, ROOT, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'
import { signIn } from '../harness/sign_in.ts'

const BROWSER = `${commandOf('bun')[0]} ${join(ROOT, 'test/harness/browse.ts')}`

/** Starts the embedded server on a database of its own, and answers its address. */
async function startServer(
  home: Home,
  form: Form,
): Promise<{ url: string; process: ChildProcess }> {
  const database = join(home.path, 'server.sqlite')
  const child = home.start(form, ['server', 'start', '--port', '0', '--database', database])
  let shown = ''
  for await (const chunk of child.stderr!) {
    shown += chunk
    const url = /Listening on (http:[^\s,]+)/.exec(shown)?.[1]
    if (url === undefined) continue
    // A pipe that nobody reads would halt the server in the end.
    child.stderr!.resume()
    child.stdout!.resume()
    return { url, process: child }
  }
  throw new Error(`the server did not start: ${shown}`)
}

for (const form of ONE_FORM) {
  test(
    `auth register, auth login and the rest of a key's life against phylum server start [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      const server = await startServer(home, form)
      const environment = { PHYLUM_API_URI: server.url, BROWSER }
      const run = (...args: string[]) => home.phylum(form, args, { environment })
      const keyOf = () =>
        /offline_access: (ph0_\S{43})\n/.exec(readFileSync(home.settingsFile, 'utf8'))?.[1]
      try {
        const register = await run('auth', 'register', '--token-name', 'first')
        assert.equal(register.code, 0, register.stderr)
        const first = keyOf()!
        home.assertNoLeak(first, register.stderr, register.stdout)

        const login = await run('auth', 'login', '--reauth', '--token-name', 'second')
        assert.equal(login.code, 0, login.stderr)
        assert.notEqual(keyOf(), first)
        const groups = await run('ext', 'run', '-y', 'groups')
        assert.deepEqual([groups.code, groups.stdout], [0, '[]\n'], groups.stderr)
        const status = await run('auth', 'status', '--check', '--json')
        assert.deepEqual(JSON.parse(status.stdout).owner, { email: 'ada@example.org', name: 'Ada' })

        const created = await run('auth', 'create-token', 'ci', '--expiry', '7')
        assert.match(created.stdout, /^ph0_\S{43}\n$/, created.stderr)
        // A name that is taken, in the server's words.
        const taken = await run('auth', 'create-token', 'ci')
        assert.equal(taken.code, 11)
        assert.match(taken.stderr, /Cannot create key "ci": it exists already/)

        let shown = ''
        const device = home.start(form, ['auth', 'create-token', 'box', '--device'], {
          environment,
        })
        let signing: Promise<unknown> | undefined
        device.stderr!.setEncoding('utf8').on('data', (chunk) => {
          shown += chunk
          const found = /With the code filled in: (http\S+)/.exec(shown)?.[1]
          // A failure here must not be the last that this test does: the server is still to be stopped.
          if (found !== undefined) signing ??= signIn(found).catch(() => device.kill())
        })
        const [code] = await once(device, 'close')
        await signing
        assert.equal(code, 0, shown)

        const list = JSON.parse((await run('auth', 'list-tokens', '--json')).stdout)
        assert.deepEqual(
          list.tokens.map(({ name }: { name: string }) => name).sort(),
          ['box', 'ci', 'first', 'second'],
        )
        const revoked = await run('auth', 'revoke-token', 'first', 'box')
        assert.equal(revoked.code, 0, revoked.stderr)
        const withRevoked = await home.phylum(form, ['group', 'list'], {
          environment: { ...environment, PHYLUM_API_KEY: first },
        })
        assert.equal(withRevoked.code, 11)
        assert.match(
          withRevoked.stderr,
          /^error\[ERR_AUTH_FAILED\]: The API refused: .+\nhint: log in again: `phylum auth login`/,
        )

        const logout = await run('auth', 'logout')
        assert.match(logout.stderr, /Revoked the key "second"\n$/)
        home.assertNoLeak(first, logout.stderr)
      } finally {
        server.process.kill('SIGTERM')
        await once(server.process, 'exit')
      }
    }),
  )
}

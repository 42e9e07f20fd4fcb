/** The two halves of the proof that an attack is held: it succeeds as a plain script, and gets nothing as an extension. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary, findLeak } from './canary.ts'
import { startFakeApi } from './fake_api.ts'
import { AS_NOBODY, ATTACKERS, outcomeOf, RUNTIMES, withHome } from './phylum.ts'

export interface Attack {
  name: string
  /** What the manifest asks for, and the user grants. */
  permissions: string
  /** Prints what it could get hold of; `SETTINGS` stands for the path of the settings file. */
  code: string
  /** What its output must hold where it succeeds; the credential itself, unless said. */
  loot?: RegExp
}

/** How an engine runs a plain script, and how a manifest names it. */
export interface AttackedEngine {
  /** Runs "main.ts" of the working directory; the attack's own words follow. */
  command: readonly [string, ...string[]]
  /** Line of the manifest that chooses it; empty for the usual one. */
  line: string
}

/** Makes the tests of one attack. */
export function testAttack(attack: Attack, engine: AttackedEngine): void {
  const loot = (output: string, canary: string) =>
    attack.loot?.test(output) ?? findLeak(output, canary) !== undefined

  test(
    `${attack.name}: it works where nothing protects`,
    withHome(async (home) => {
      const canary = createCanary()
      const api = await startFakeApi({
        '/stolen.js': (_, response) =>
          void response.setHeader('content-type', 'text/javascript').end(''),
        '/stolen.json': (_, response) =>
          void response.setHeader('content-type', 'application/json').end('{}'),
      })
      api.seen.length = 0
      const settings = join(home.path, 'settings.yaml')
      writeFileSync(settings, `auth_info:\n  offline_access: ${canary}\n`)
      home.extension('plain', {
        'main.ts': attack.code.replaceAll('SETTINGS', JSON.stringify(settings)),
      })
      const port = new URL(api.origin).port
      const [program, ...words] = engine.command
      const child = spawn(program, [...words, canary, port], {
        cwd: join(home.path, 'work/plain'),
        env: { ...home.environment, DENO_DIR: join(home.path, 'deno'), PHYLUM_API_KEY: canary },
      })
      const { stdout, stderr } = await outcomeOf(child)
      await api.stop()
      assert.ok(loot(stdout, canary), `${stdout.slice(0, 2000)}\n${stderr}`)
    }),
  )

  for (
    const [form, attacker] of RUNTIMES.flatMap((form) =>
      ATTACKERS.map((each) => [form, each] as const)
    )
  ) {
    // One form is enough to see what another user makes of it.
    if (attacker === 'nobody' && form !== RUNTIMES.at(-1)) continue
    test(
      `${attack.name}: an extension gets nothing [${form}${
        attacker === 'self' ? '' : ', unprivileged'
      }]`,
      withHome(async (home) => {
        const canary = createCanary()
        const api = await startFakeApi()
        const user = attacker === 'self' ? {} : { spawn: AS_NOBODY }
        if (attacker === 'nobody') home.giveAway()
        await home.phylum(form, ['auth', 'set-token'], { input: canary, ...user })
        home.extension('hostile', {
          'PhylumExt.toml':
            `name = "hostile"\ndescription = "x"\nversion = "1.0.0"\n${engine.line}\n[api]\nallow = true\n[permissions]\n${attack.permissions}\n`,
          'main.ts': `import { api } from 'phylum'\nawait (await api.fetch('/groups')).text()\n${
            attack.code.replaceAll('SETTINGS', JSON.stringify(home.settingsFile))
          }`,
        })
        const port = new URL(api.origin).port
        const outcome = await home.phylum(
          form,
          ['ext', 'run', '-y', './hostile', 'no-token', port],
          {
            environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin, LOADED: undefined },
            ...user,
          },
        )
        await api.stop()
        assert.equal(
          api.seen.length,
          1,
          `it did call the API, and nothing else arrived: ${outcome.stderr}`,
        )
        assert.ok(!loot(outcome.stdout, canary), outcome.stdout.slice(0, 2000))
        home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
      }),
    )
  }
}

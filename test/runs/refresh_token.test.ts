import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { startProvider } from '../harness/oidc_provider.ts'
import type { TestProvider, TestProviderOptions } from '../harness/oidc_provider.ts'
import { ONE_FORM, outcomeOf, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'

/** `PHYLUM_SOAK=1` runs as many as the project promises; `npm test` as many as show that it works. */
const IS_SOAK = Boolean(process.env['PHYLUM_SOAK'])
const PROCESSES = IS_SOAK ? 50 : 8
const ROUNDS = IS_SOAK ? 20 : 3
const KILLED = IS_SOAK ? 20 * 50 : 32

/** A machine that is busy with others takes its time. */
const LIMIT = 300_000
const PATIENT = { timeout: IS_SOAK ? 3_600_000 : LIMIT }

const LIST = ['group', 'list', '--json']

function withProvider(
  options: TestProviderOptions,
  body: (home: Home, provider: TestProvider) => Promise<void>,
): () => Promise<void> {
  return withHome(async (home) => {
    const provider = await startProvider(options)
    try {
      await body(home, provider)
    } finally {
      await provider.stop()
    }
  })
}

/** Stores a refresh token, and answers the environment of runs that use it; or one that has it itself. */
async function prepare(
  home: Home,
  provider: TestProvider,
  form: Form,
  place: 'settings' | 'environment',
): Promise<Record<string, string>> {
  const environment = { PHYLUM_API_URI: provider.uri }
  if (place === 'environment') return { ...environment, PHYLUM_API_KEY: provider.refreshToken }
  const stored = await home.phylum(form, ['auth', 'set-token'], { input: provider.refreshToken })
  assert.equal(stored.code, 0, stderrOf(stored))
  return environment
}

const stderrOf = ({ stderr }: { stderr: string }) => stderr

/** Files below the home that hold what was exchanged; the only place beside the settings where a token may be. */
function credentialFiles(home: Home): string[] {
  const directory = join(home.path, 'state/phylum/credentials')
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : []
}

for (const form of ONE_FORM) {
  for (const place of ['settings', 'environment'] as const) {
    test(
      `K156 ${PROCESSES} processes at once on one refresh token in the ${place} make one exchange a round, ${ROUNDS} rounds [${form}]`,
      PATIENT,
      withProvider({}, async (home, provider) => {
        const environment = await prepare(home, provider, form, place)
        for (let round = 1; round <= ROUNDS; round++) {
          const runs = Array.from(
            { length: PROCESSES },
            () => home.phylum(form, LIST, { environment, limit: LIMIT }),
          )
          for (const run of await Promise.all(runs)) {
            assert.deepEqual([run.code, run.stdout], [0, '{"groups":[]}\n'], run.stderr)
            home.assertNoLeak(provider.shown[0]!, run.stderr, run.stdout)
          }
          assert.deepEqual([provider.exchanges(), provider.refusals()], [round, 0])
          // The API says 401 to the one token that all have kept.
          provider.revokeAccessTokens()
        }
        const last = await home.phylum(form, LIST, { environment })
        assert.equal(last.code, 0, last.stderr)
        assert.equal(new Set(provider.shown).size, ROUNDS + 1)
        for (const file of credentialFiles(home)) assert.equal(statSync(file).mode & 0o077, 0)
      }),
    )

    test(
      `K157 killing phylum between the provider's rotation and our writing loses no login [${place}, ${form}]`,
      PATIENT,
      async () => {
        let child: ChildProcess | undefined
        // The provider has rotated; before its answer is on the way, everything that was started here is killed, its group included.
        const beforeAnswer = async () => {
          const victim = child
          child = undefined
          if (victim?.pid === undefined) return
          const ended = once(victim, 'exit')
          process.kill(-victim.pid, 'SIGKILL')
          await ended
        }
        await withProvider({ beforeAnswer }, async (home, provider) => {
          const environment = await prepare(home, provider, form, place)
          for (let round = 1; round <= 3; round++) {
            child = home.start(form, LIST, { environment, spawn: { detached: true } })
            const { signal } = await outcomeOf(child, LIMIT)
            assert.equal(signal, 'SIGKILL')
            const next = await home.phylum(form, LIST, { environment, limit: LIMIT })
            assert.deepEqual([next.code, next.stdout], [0, '{"groups":[]}\n'], next.stderr)
            assert.deepEqual([provider.exchanges(), provider.refusals()], [round, 0])
            provider.revokeAccessTokens()
          }
        })()
      },
    )
  }

  test(
    `K157 ${KILLED} processes, most of them killed at random moments, lose no login [${form}]`,
    PATIENT,
    withProvider({ accessTokenLifetime: 1 }, async (home, provider) => {
      const environment = await prepare(home, provider, form, 'settings')
      const random = createRandom(7)
      let started = 0
      const lane = async () => {
        let typical = 0
        // Until a token has ended under their hands, too, however fast they are.
        while (started < KILLED || provider.exchanges() < 3) {
          const isSpared = started++ % 4 === 0 || typical === 0
          const begun = performance.now()
          const child = home.start(form, LIST, { environment, spawn: { detached: true } })
          const outcome = outcomeOf(child, LIMIT)
          // Moments of a whole run, however busy the machine is: some runs are let live, and say how long one takes.
          const timer = isSpared
            ? undefined
            : setTimeout(() => killGroup(child), random() * typical)
          const { code, stderr } = await outcome
          clearTimeout(timer)
          if (!isSpared) continue
          assert.equal(code, 0, stderr)
          typical = performance.now() - begun
        }
      }
      await Promise.all(Array.from({ length: 4 }, lane))
      const last = await home.phylum(form, LIST, { environment, limit: LIMIT })
      assert.deepEqual([last.code, last.stdout], [0, '{"groups":[]}\n'], last.stderr)
      assert.equal(provider.refusals(), 0)
      // Each token was shown once, and the one in the settings is the newest.
      assert.equal(new Set(provider.shown).size, provider.shown.length)
      const settings = readFileSync(home.settingsFile, 'utf8')
      assert.ok(!provider.shown.some((token) => settings.includes(token)))
    }),
  )

  test(
    `a refresh token says when it is over, and which command helps [${form}]`,
    withProvider({}, async (home, provider) => {
      const environment = await prepare(home, provider, form, 'settings')
      provider.revokeRefreshTokens()
      const run = await home.phylum(form, LIST, { environment })
      assert.equal(run.code, 11)
      const { error } = JSON.parse(run.stderr)
      assert.deepEqual([error.code, error.hints], ['ERR_AUTH_FAILED', [
        'log in again: `phylum auth login`',
      ]])
      assert.match(error.message, /refused it, "invalid_grant: /)
      assert.match(readFileSync(home.settingsFile, 'utf8'), new RegExp(provider.refreshToken))
      home.assertNoLeak(provider.refreshToken, run.stderr)
    }),
  )

  test(
    `J143 --no-config keeps nothing of a refresh token [${form}]`,
    withProvider({ isRotating: false }, async (home, provider) => {
      const environment = await prepare(home, provider, form, 'environment')
      for (let run = 1; run <= 2; run++) {
        const outcome = await home.phylum(form, ['--no-config', ...LIST], { environment })
        assert.equal(outcome.code, 0, outcome.stderr)
        assert.equal(outcome.stderr, '')
        assert.equal(provider.exchanges(), run)
      }
      assert.ok(!existsSync(join(home.path, 'state')))
    }),
  )

  test(
    `auth status tells what is kept, and no extension reads it [${form}]`,
    withProvider({}, async (home, provider) => {
      const environment = await prepare(home, provider, form, 'settings')
      const status = async () =>
        JSON.parse((await home.phylum(form, ['auth', 'status', '--json'], { environment })).stdout)
          .credential
      assert.deepEqual((await status()).access_token, null)
      assert.equal((await home.phylum(form, LIST, { environment })).code, 0)
      const { access_token } = await status()
      const left = Date.parse(access_token.usable_until) - Date.now()
      assert.ok(left > 0 && left <= 330_000, access_token.usable_until)
      const shown = await home.phylum(form, ['auth', 'status'], { environment })
      assert.match(
        shown.stdout,
        /^Credential: {3}refresh token \*{4} from .*\nAccess token: kept, used until 20/m,
      )
      home.extension('thief', {
        'PhylumExt.toml':
          'name = "thief"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n[permissions]\nread = true\n',
        'main.ts': `for (const path of Deno.args) {
          try { console.log('READ', Deno.readTextFileSync(path)) } catch (error) { console.log(error.name) }
        }`,
      })
      const files = credentialFiles(home)
      assert.ok(files.some((file) => /access-/.test(file)))
      const run = await home.phylum(form, ['ext', 'run', '-y', './thief', ...files], {
        environment,
      })
      assert.equal(run.code, 0, run.stderr)
      assert.equal(run.stdout, 'NotCapable\n'.repeat(files.length))
    }),
  )
}

/** Kills a process and what shares its group; it may have ended just before. */
function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL')
  } catch {
    // Then there is nothing to kill.
  }
}

/** Numbers that are the same in each run (a linear congruential generator). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

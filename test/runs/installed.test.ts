import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { outcomeOf, ROOT, withHome } from '../harness/phylum.ts'

test(
  'B19 what npm install -g puts on the PATH works anywhere, and takes nothing from where one stands',
  withHome(async (home) => {
    const api = await startFakeApi()
    const npm = async (...words: string[]) => {
      const child = spawn('npm', words, {
        cwd: home.path,
        env: { ...process.env, npm_config_update_notifier: 'false' },
      })
      const outcome = await outcomeOf(child, 100_000)
      assert.equal(outcome.code, 0, outcome.stderr)
      return outcome.stdout.trim()
    }
    const prefix = join(home.path, 'prefix')
    const packed = await npm('pack', '--silent', '--pack-destination', home.path, ROOT)
    await npm(
      'install',
      '--global',
      '--prefix',
      prefix,
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      join(home.path, packed.split('\n').at(-1)!),
    )

    const directory = join(home.path, 'work/hostile')
    const mark = join(home.path, 'mark')
    mkdirSync(directory)
    writeFileSync(
      join(directory, 'preload.cjs'),
      `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')`,
    )
    writeFileSync(join(directory, 'bunfig.toml'), 'preload = ["./preload.cjs"]\n')
    writeFileSync(join(directory, '.env'), 'PHYLUM_API_URI=http://127.0.0.1:1\n')
    const canary = createCanary()
    const { PHYLUM_DENO: _, ...environment } = home.environment
    const child = spawn(join(prefix, 'bin/phylum'), ['ext', 'run', '-y', 'groups'], {
      cwd: directory,
      env: { ...environment, PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin },
    })
    const outcome = await outcomeOf(child)
    await api.stop()
    assert.deepEqual([outcome.code, outcome.stdout], [0, '[]\n'], outcome.stderr)
    assert.equal(api.seen[0]?.headers.authorization, `Bearer ${canary}`)
    assert.ok(!existsSync(mark))
  }),
)

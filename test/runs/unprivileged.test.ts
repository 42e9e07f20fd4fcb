import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createCanary, findLeak } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { FORMS, outcomeOf, withHome } from '../harness/phylum.ts'
import type { Home } from '../harness/phylum.ts'

/** User and group that own nothing. */
const NOBODY = 65534

const isRoot = process.getuid?.() === 0
const skip = isRoot ? false : 'only root can start a program as somebody else'

function giveAway(home: Home): void {
  chownSync(home.path, NOBODY, NOBODY)
  for (const name of readdirSync(home.path, { recursive: true }) as string[]) {
    chownSync(join(home.path, name), NOBODY, NOBODY)
  }
}

const AS_NOBODY = { spawn: { uid: NOBODY, gid: NOBODY } }

for (const form of FORMS) {
  test(
    `an unprivileged user runs an extension, and its credential is in no file of theirs [${form}]`,
    { skip },
    withHome(async (home) => {
      const api = await startFakeApi()
      const canary = createCanary()
      giveAway(home)
      const environment = { PHYLUM_API_URI: api.origin, DENO_DIR: join(home.path, 'deno') }
      const stored = await home.phylum(form, ['auth', 'set-token'], {
        ...AS_NOBODY,
        environment,
        input: canary,
      })
      assert.equal(stored.code, 0, stored.stderr)
      const outcome = await home.phylum(form, ['ext', 'run', '-y', 'groups'], {
        ...AS_NOBODY,
        environment,
      })
      assert.deepEqual([outcome.code, outcome.stdout], [0, '[]\n'], outcome.stderr)
      assert.equal(api.seen[0]?.headers.authorization, `Bearer ${canary}`)
      home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
      await api.stop()
    }),
  )

  test(
    `A2 A12 another process of the same user cannot look into the host [${form}]`,
    { skip },
    withHome(async (home) => {
      const canary = createCanary()
      home.extension('sample', {
        'PhylumExt.toml':
          'name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n',
        'main.ts': `console.log('ready')\nsetInterval(() => {}, 1000)`,
      })
      giveAway(home)
      const host = home.start(form, ['ext', 'run', '-y', './sample'], {
        ...AS_NOBODY,
        environment: {
          PHYLUM_API_KEY: canary,
          PHYLUM_API_URI: 'http://127.0.0.1:9',
          DENO_DIR: join(home.path, 'deno'),
        },
      })
      await once(host.stdout!, 'data')
      const read = (pid: number) =>
        spawnSync('cat', [`/proc/${pid}/environ`], { uid: NOBODY, gid: NOBODY })
      const bystander = spawn('sleep', ['60'], {
        uid: NOBODY,
        gid: NOBODY,
        env: { PHYLUM_API_KEY: canary },
      })
      assert.notEqual(
        findLeak(read(bystander.pid!).stdout, canary),
        undefined,
        'it works on a program that does not close itself',
      )
      bystander.kill('SIGKILL')
      const attempt = read(host.pid!)
      assert.notEqual(attempt.status, 0)
      assert.equal(findLeak(attempt.stdout, canary), undefined)
      host.kill('SIGTERM')
      await outcomeOf(host)
    }),
  )
}

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createCanary, findLeak } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { AS_NOBODY, ONE_FORM, outcomeOf, withHome } from '../harness/phylum.ts'

const isRoot = process.getuid?.() === 0
const skip = isRoot ? false : 'only root can start a program as somebody else'

for (const form of ONE_FORM) {
  test(
    `an unprivileged user runs an extension, and its credential is in no file of theirs [${form}]`,
    { skip },
    withHome(async (home) => {
      const api = await startFakeApi()
      const canary = createCanary()
      home.giveAway()
      const environment = { PHYLUM_API_URI: api.origin, DENO_DIR: join(home.path, 'deno') }
      const stored = await home.phylum(form, ['auth', 'set-token'], {
        spawn: AS_NOBODY,
        environment,
        input: canary,
      })
      assert.equal(stored.code, 0, stored.stderr)
      const outcome = await home.phylum(form, ['ext', 'run', '-y', 'groups'], {
        spawn: AS_NOBODY,
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
      home.giveAway()
      const host = home.start(form, ['ext', 'run', '-y', './sample'], {
        spawn: AS_NOBODY,
        environment: {
          PHYLUM_API_KEY: canary,
          PHYLUM_API_URI: 'http://127.0.0.1:9',
          DENO_DIR: join(home.path, 'deno'),
        },
      })
      await once(host.stdout!, 'data')
      const read = (pid: number) => spawnSync('cat', [`/proc/${pid}/environ`], { ...AS_NOBODY })
      const bystander = spawn('sleep', ['60'], {
        ...AS_NOBODY,
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

/** Sections A and F of the catalogue, seen from outside: what stands in the processes of a run, and what is left of one that crashes. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createCanary, findLeak } from '../harness/canary.ts'
import { commandOf, onAllRuntimes, outcomeOf, RUNTIMES, withHome } from '../harness/phylum.ts'
import { guestOf, processesOf, until, waitForNothing } from '../harness/traces.ts'

const MANIFEST = `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n`
const NOWHERE = 'http://127.0.0.1:9'
const IDLE = `console.log('ready'); setInterval(() => {}, 1000)`

/** What stands in the command line and the environment of a process. */
function readProcess(pid: number): string {
  return ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1')).join(
    '\0',
  )
}

test(
  'A1 A4 no process of a run but the host has the credential or the capability in its words',
  onAllRuntimes(async (home, form) => {
    const canary = createCanary()
    home.extension('sample', {
      'PhylumExt.toml': `${MANIFEST}[permissions]\nenv = true\n[api]\nallow = true\n`,
      'main.ts': IDLE,
    })
    const host = home.start(form, ['ext', 'run', '-y', './sample'], {
      environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: NOWHERE },
    })
    await until(() => guestOf(home) !== undefined)
    await new Promise((resolve) => host.stdout!.once('data', resolve))
    const others = processesOf(home).filter((pid) => pid !== host.pid)
    assert.ok(others.length >= 2, 'a guest and a watchdog')
    for (const pid of others) {
      const text = readProcess(pid)
      assert.equal(findLeak(text, canary), undefined, text)
      // 256 random bits, as the capability is written. The launcher's program, the same for each run, has parts as long.
      const words = text.replaceAll(home.path, '').replace(/data:[\w/]+;base64,[\w+/=]+/g, '')
      assert.doesNotMatch(words, /(?<![\w-])[\w-]{43}(?![\w-])/)
    }
    if (process.getuid?.() === 0) {
      assert.notEqual(
        findLeak(readProcess(host.pid!), canary),
        undefined,
        'where it was put, it would be found',
      )
    }
    host.kill('SIGTERM')
    await outcomeOf(host)
    await waitForNothing(home)
  }),
)

test(
  'A12 a host that crashes leaves no core, no report and no word with the credential in it',
  onAllRuntimes(async (home, form) => {
    home.extension('sample', {
      'PhylumExt.toml': `${MANIFEST}[api]\nallow = []\n`,
      'main.ts': IDLE,
    })
    for (const name of ['SIGSEGV', 'SIGABRT', 'SIGBUS'] as const) {
      const canary = createCanary()
      const host = spawn('sh', [
        '-c',
        'ulimit -c unlimited; exec "$@"',
        'sh',
        ...commandOf(form),
        'ext',
        'run',
        '-y',
        './sample',
      ], {
        cwd: join(home.path, 'work'),
        env: { ...home.environment, PHYLUM_API_KEY: canary, PHYLUM_API_URI: NOWHERE },
      })
      let isReady = false
      host.stdout.on('data', () => isReady = true)
      await until(() => isReady)
      host.kill(name)
      // An engine may take the signal for a fault of its own code, and go on when there is none.
      const timer = setInterval(() => host.kill('SIGABRT'), 1_000)
      const { code, signal, stdout, stderr } = await outcomeOf(host)
      clearInterval(timer)
      assert.notEqual(code, 0, `${signal}`)
      await waitForNothing(home)
      home.assertNoLeak(canary, stdout, stderr)
      assert.deepEqual(readdirSync(join(home.path, 'work')), ['sample'], 'no core')
    }
  }),
)

for (const form of RUNTIMES) {
  test(
    `F81 an extension that may read all variables has exactly those of its user, without ours [${form}]`,
    withHome(async (home) => {
      home.extension('sample', {
        'PhylumExt.toml': `${MANIFEST}[permissions]\nenv = true\n[api]\nallow = []\n`,
        'main.ts': 'console.log(JSON.stringify(Deno.env.toObject()))',
      })
      const environment = {
        PHYLUM_API_KEY: createCanary(),
        PHYLUM_API_URI: NOWHERE,
        PHYLUM_LOG: 'debug',
        ODD: 'a=b\nc',
        EMPTY: '',
        LD_LIBRARY_PATH: '/nowhere',
        DYLD_INSERT_LIBRARIES: '/nowhere',
        NODE_EXTRA_CA_CERTS: '/nowhere',
        NODE_ENV: 'test',
        BUN_INSPECT: '',
        HTTPS_PROXY: 'http://127.0.0.1:1',
      }
      const { code, stdout, stderr } = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment,
      })
      assert.equal(code, 0, stderr)
      const given: Record<string, string> = JSON.parse(stdout)
      const all: Record<string, string | undefined> = { ...home.environment, ...environment }
      const reserved = /^(PHYLUM|LD|DYLD|DENO|BUN|NODE)_(?!ENV$)/
      const expected = Object.fromEntries(
        Object.entries(all).filter(([name]) => !reserved.test(name) && name !== 'TMPDIR'),
      )
      // What the run itself adds, and what its host changes for itself.
      const { DENO_DIR, DENO_NO_UPDATE_CHECK, DENO_DISABLE_NODE_SHIM, ...named } = given
      const { NO_PROXY, TMPDIR, ...rest } = named
      assert.match(DENO_DIR!, new RegExp(`^${home.path}/run/`))
      assert.equal(DENO_NO_UPDATE_CHECK, '1')
      assert.equal(DENO_DISABLE_NODE_SHIM, '1')
      assert.match(TMPDIR!, new RegExp(`^${home.path}/run/.*/scratch/tmp$`))
      assert.match(NO_PROXY!, /127\.0\.0\.1/)
      assert.deepEqual(rest, expected)
    }),
  )
}

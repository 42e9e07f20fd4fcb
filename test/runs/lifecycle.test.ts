import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { FORMS, outcomeOf, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'
import { guestOf, processesOf, runDirectories, waitForNothing } from '../harness/traces.ts'

const MANIFEST = `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n`

/** Starts an extension and waits for its first line. */
async function startExtension(
  home: Home,
  form: Form,
  code: string,
  environment: Record<string, string> = {},
): Promise<ChildProcess> {
  home.extension('sample', { 'PhylumExt.toml': MANIFEST, 'main.ts': code })
  const child = home.start(form, ['ext', 'run', '-y', './sample'], {
    environment: {
      PHYLUM_API_KEY: createCanary(),
      PHYLUM_API_URI: 'http://127.0.0.1:9',
      ...environment,
    },
  })
  await once(child.stdout!, 'data')
  return child
}

const IDLE = `console.log('ready')\nsetInterval(() => {}, 1000)`

for (const form of FORMS) {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    test(
      `N190 ${name} ends the extension, and nothing is left [${form}]`,
      withHome(async (home) => {
        const child = await startExtension(home, form, IDLE)
        child.kill(name)
        const { code } = await outcomeOf(child)
        assert.equal(code, 128 + constants.signals[name])
        assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
      }),
    )
  }

  test(
    `an extension that handles Ctrl-C ends in its own way [${form}]`,
    withHome(async (home) => {
      const child = await startExtension(
        home,
        form,
        `let asked = 0
       Deno.addSignalListener('SIGINT', () => { asked++; setTimeout(() => { console.log('asked', asked); Deno.exit(7) }, 50) })
       ${IDLE}`,
      )
      child.kill('SIGINT')
      const { code, stdout } = await outcomeOf(child)
      assert.deepEqual([code, stdout], [7, 'asked 1\n'])
      assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
    }),
  )

  test(
    `M184 an extension that ignores SIGTERM in a busy loop is killed [${form}]`,
    withHome(async (home) => {
      const child = await startExtension(
        home,
        form,
        `Deno.addSignalListener('SIGTERM', () => {}); console.log('ready'); await new Promise((resolve) => setTimeout(resolve, 50)); for (;;) {}`,
      )
      await new Promise((resolve) => setTimeout(resolve, 100))
      child.kill('SIGTERM')
      assert.equal((await outcomeOf(child)).code, 128 + constants.signals.SIGKILL)
      assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
    }),
  )

  test(
    `N191 nothing outlives a host that is killed [${form}]`,
    withHome(async (home) => {
      for (
        const code of [
          IDLE,
          `console.log('ready'); await new Promise((resolve) => setTimeout(resolve, 20)); for (;;) {}`,
        ]
      ) {
        const child = await startExtension(home, form, code)
        assert.equal(runDirectories(home).length, 1)
        child.kill('SIGKILL')
        await once(child, 'exit')
        await waitForNothing(home)
      }
    }),
  )

  test(
    `N194 a guest that is killed is no success, and nothing is left [${form}]`,
    withHome(async (home) => {
      const child = await startExtension(
        home,
        form,
        `console.log('pid ' + Deno.pid)\nsetInterval(() => {}, 1000)`,
      )
      process.kill(guestOf(home)!, 'SIGKILL')
      assert.equal((await outcomeOf(child)).code, 128 + constants.signals.SIGKILL)
      assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
    }),
  )

  test(
    `E78 what an extension has started in the background ends with it [${form}]`,
    withHome(async (home) => {
      home.extension('sample', {
        'PhylumExt.toml': `${MANIFEST}[permissions]\nrun = ["sh", "setsid", "sleep"]\n`,
        'main.ts':
          `for (const script of ['sleep 600 &', 'setsid sleep 600 &', 'setsid sh -c "trap : TERM HUP INT; sleep 600 & sleep 600" &']) {
          console.log(new Deno.Command('sh', { args: ['-c', script + ' echo started'], stdin: 'null', stderr: 'null', stdout: 'piped' }).spawn().pid > 0)
        }
        await new Promise((resolve) => setTimeout(resolve, 200))
        Deno.exit(0)`,
      })
      const outcome = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: 'http://127.0.0.1:9' },
      })
      assert.deepEqual([outcome.code, outcome.stdout], [0, 'true\ntrue\ntrue\n'], outcome.stderr)
      assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
    }),
  )

  test(
    `E80 an extension that opens all it can open ends alone [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts': `import { api } from 'phylum'
        const own = new URL('./main.ts', import.meta.url), open = []
        try { for (;;) open.push(Deno.openSync(own)) } catch (error) { console.log(open.length > 1000, error.message.includes('os error 24')) }
        await api.fetch('/groups').then(() => console.log('sent'), () => console.log('not sent'))
        for (const file of open) file.close()
        console.log((await api.fetch('/groups')).status)`,
      })
      const outcome = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
      })
      await api.stop()
      assert.deepEqual(
        [outcome.code, outcome.stdout],
        [0, 'true true\nnot sent\n200\n'],
        outcome.stderr,
      )
      assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
    }),
  )

  test(
    `H102 no socket answers once the host is killed in the middle of a request [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      const child = await startExtension(
        home,
        form,
        `import { api } from 'phylum'; console.log('ready'); await api.fetch('/slow?ms=600000')`,
        { PHYLUM_API_URI: api.origin },
      )
      while (api.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      child.kill('SIGKILL')
      await api.aborted('/api/v0/slow')
      await waitForNothing(home)
      await api.stop()
    }),
  )

  test(
    `N195 an extension may end while an answer streams [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      const child = await startExtension(
        home,
        form,
        `import { api } from 'phylum'
       const { body } = await api.fetch('/download?bytes=1000000000')
       await body!.getReader().read()
       console.log('ready')
       Deno.exit(3)`,
        { PHYLUM_API_URI: api.origin },
      )
      assert.equal((await outcomeOf(child)).code, 3)
      await api.aborted('/api/v0/download')
      assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
      await api.stop()
    }),
  )

  test(
    `C46 H98 two runs at once each have a socket and a capability of their own [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      home.extension('sample', {
        'PhylumExt.toml': `${MANIFEST}[permissions]\nread = true\nnet = true\n`,
        'main.ts': `import { api } from 'phylum'
        await (await api.fetch('/groups')).text()
        const own = new URL('.', import.meta.url)
        const runs = JSON.parse(Deno.env.get('TERM')!)
        console.log('ready')
        await new Promise((resolve) => setTimeout(resolve, 300))
        for (const entry of Deno.readDirSync(runs)) {
          for (const file of ['run.json', 'broker.sock']) {
            const path = runs + '/' + entry.name + '/' + file
            try { console.log('READ', Deno.readTextFileSync(path)) } catch {}
            try {
              const client = Deno.createHttpClient({ proxy: { transport: 'unix', path } })
              const response = await fetch('http://127.255.255.254:6/api/v0/groups', { client })
              console.log('ANSWERED', response.status)
            } catch (error) { console.log(error.name) }
          }
        }`,
      })
      const runs = join(home.path, 'run', `phylum-${process.getuid?.()}`)
      const environment = {
        PHYLUM_API_KEY: createCanary(),
        PHYLUM_API_URI: api.origin,
        TERM: JSON.stringify(runs),
      }
      const outcomes = await Promise.all(
        [1, 2].map(() => home.phylum(form, ['ext', 'run', '-y', './sample'], { environment })),
      )
      for (const { code, stdout, stderr } of outcomes) {
        assert.equal(code, 0, stderr)
        assert.doesNotMatch(stdout, /READ|ANSWERED 2/)
      }
      assert.equal(api.seen.length, 2)
      await api.stop()
    }),
  )
}

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import type { FakeApi } from '../harness/fake_api.ts'
import { FORMS, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome, StartOptions } from '../harness/phylum.ts'

const MANIFEST = `name = "sample"
description = "A sample"
version = "1.0.0"

[api]
allow = true
`

/** The engines that an extension may name: the same source runs in both, with the same words for what goes wrong. */
const ENGINES = ['deno', 'bun'] as const

/** One extension, one API, one home. */
interface Stage {
  engine: (typeof ENGINES)[number]
  api: FakeApi
  canary: string
  home: Home
  form: Form
  /** Writes the extension and runs it with `-y`. */
  run(
    code: string,
    args?: string[],
    options?: StartOptions & { manifest?: string },
  ): Promise<Outcome>
}

/** Runs a test in every form of phylum and every engine, and looks for the credential in all that is left. */
function onStage(name: string, body: (stage: Stage) => Promise<void>): void {
  for (
    const [form, engine] of FORMS.flatMap((form) => ENGINES.map((each) => [form, each] as const))
  ) {
    test(
      `${name} [${form}, ${engine}]`,
      withHome(async (home) => {
        const api = await startFakeApi()
        const canary = createCanary()
        const seen: string[] = []
        // A name that URLs write differently.
        const runs = join(home.path, 'run for tö-day')
        mkdirSync(runs, { mode: 0o700 })
        try {
          await body({
            api,
            canary,
            home,
            form,
            engine,
            async run(code, args = [], options = {}) {
              home.extension('sample', {
                'PhylumExt.toml': (options.manifest ?? MANIFEST).replace(
                  '[api]',
                  `engine = "${engine}"\n[api]`,
                ),
                'main.ts': code,
              })
              const environment = {
                PHYLUM_API_KEY: canary,
                PHYLUM_API_URI: api.origin,
                XDG_RUNTIME_DIR: runs,
                ...options.environment,
              }
              const outcome = await home.phylum(form, ['ext', 'run', '-y', './sample', ...args], {
                ...options,
                environment,
              })
              seen.push(outcome.stdout, outcome.stderr)
              return outcome
            },
          })
          home.assertNoLeak(canary, ...seen)
          assert.deepEqual(
            readdirSync(runs).flatMap((each) => readdirSync(join(runs, each))),
            [],
            'no run directory is left',
          )
        } finally {
          await api.stop()
        }
      }),
    )
  }
}

onStage(
  'ext run reaches the API with a credential that the extension does not have',
  async ({ api, canary, run }) => {
    const outcome = await run(`
    import { api } from 'phylum'
    const response = await api.fetch('/groups')
    console.log(response.url, response.status, response.headers.get('content-type'), JSON.stringify(await response.json()))`)
    assert.deepEqual(outcome, {
      code: 0,
      signal: null,
      stdout: `${api.origin}/api/v0/groups 200 application/json {"groups":[]}\n`,
      stderr: '',
    })
    assert.equal(api.seen[0]?.headers.authorization, `Bearer ${canary}`)
  },
)

onStage(
  'ext run gives a module that exports a function api, args, name and state',
  async ({ run }) => {
    const outcome = await run(
      `export default async ({ api, args, name, state }) => {
       const { groups } = await (await api.fetch('groups')).json()
       console.log(JSON.stringify({ groups, args, name, state: typeof state, same: process.argv.slice(2) }))
     }`,
      ['--help', '-y', '--', 'x y', ''],
    )
    assert.deepEqual(JSON.parse(outcome.stdout), {
      groups: [],
      args: ['--help', '-y', '--', 'x y', ''],
      name: 'sample',
      state: 'string',
      same: ['--help', '-y', '--', 'x y', ''],
    })
    assert.equal(outcome.code, 0)
  },
)

onStage(
  'ext run passes the exit code, standard input and both outputs through',
  async ({ run }) => {
    const outcome = await run(
      `let text = ''
     for await (const chunk of process.stdin) text += chunk
     console.log('out ' + text)
     console.error('err ' + text)
     process.exit(42)`,
      [],
      { input: 'typed' },
    )
    assert.deepEqual(outcome, {
      code: 42,
      signal: null,
      stdout: 'out typed\n',
      stderr: 'err typed\n',
    })
  },
)

onStage(
  "ext run shows an uncaught error at its place in the author's source, and ends with 16",
  async ({ run }) => {
    for (
      const code of [
        `interface Unused { a: string }\n\nexport default async (): Promise<void> => {\n  throw new Error('boom')\n}`,
        `interface Unused { a: string }\n\nconst x: number = 1\nthrow new Error('boom')`,
        `interface Unused { a: string }\n\nsetTimeout(() => {\n  throw new Error('boom')\n}, 1)`,
        `interface Unused { a: string }\n\nasync function later(): Promise<never> {\n  throw new Error('boom')\n}\nvoid later()`,
      ]
    ) {
      const outcome = await run(code)
      assert.equal(outcome.code, 16, outcome.stderr)
      assert.match(
        outcome.stderr,
        /Uncaught Error in extension "sample": boom\n(.*\n)*?\s+at .*main\.ts:4:\d+/,
      )
      assert.doesNotMatch(outcome.stderr, /guest\.js/)
      assert.equal(outcome.stdout, '')
    }
  },
)

onStage('M185 ext run does not take waiting for ever for success', async ({ run, engine }) => {
  const module = await run('await new Promise(() => {})')
  // Deno finds out by itself that a module cannot go on, and ends before the guest hears of it.
  assert.equal(module.code, engine === 'deno' ? 1 : 16)
  assert.match(module.stderr, /promise (never resolved|that nothing can settle)/)
  const main = await run('export default () => new Promise(() => {})')
  assert.equal(main.code, 16)
  assert.match(main.stderr, /promise that nothing can settle/)
})

onStage('ext run teaches what a refused request would need', async ({ run }) => {
  const outcome = await run(
    `import { api } from 'phylum'

     const response = await api.fetch('/groups/acme', { method: 'DELETE' })
     console.log(response.status, JSON.stringify((await response.json()).error))`,
    [],
    { manifest: MANIFEST.replace('true', '["GET /groups"]') },
  )
  assert.equal(outcome.code, 0)
  assert.match(outcome.stdout, /^403 \{"code":"ERR_BROKER_DENIED"/)
  assert.match(
    outcome.stderr,
    /denied: Cannot send "DELETE \/groups\/acme".*\n\s+at .*main\.ts:3:\d+\nhint: .*\[api\] allow = \["DELETE \/groups\/acme"\]/,
  )
})

onStage(
  "ext run words a missing permission without the engine's flags",
  async ({ run, engine }) => {
    if (engine === 'bun') {
      const outcome = await run(`require('node:fs').readFileSync('/etc/passwd')`)
      assert.deepEqual([outcome.code, outcome.stdout], [16, ''])
      assert.match(outcome.stderr, /Uncaught Error in extension "sample": ENOENT.*"?\/etc\/passwd/)
      return
    }
    const outcome = await run(`Deno.readTextFileSync('/tmp/passwd')`)
    assert.equal(outcome.code, 16)
    assert.match(outcome.stderr, /Requires read access to "\/tmp\/passwd"/)
    assert.doesNotMatch(outcome.stderr, /--allow/)
    assert.match(outcome.stderr, /hint: .*\[permissions\] read = \["\/tmp\/passwd"\]/)
  },
)

onStage('ext run gives distinct errors for an API that cannot be reached', async ({ run }) => {
  const code = `import { api } from 'phylum'
    const error = await api.fetch('/groups').catch((error) => error)
    console.log(error.name, error.code, error instanceof TypeError, error.message)`
  const closed = await startFakeApi()
  await closed.stop()
  const refused = await run(code, [], { environment: { PHYLUM_API_URI: closed.origin } })
  assert.match(refused.stdout, /^ApiError ERR_BROKER_CONNECT true .*refused/)
  const unknown = await run(code, [], {
    environment: { PHYLUM_API_URI: 'https://nowhere.invalid' },
  })
  assert.match(unknown.stdout, /^ApiError ERR_BROKER_DNS true/)
})

onStage(
  'C36 ext run follows a redirect within the API as fetch does, and no loop of them',
  async ({ api, run }) => {
    const outcome = await run(`
    import { api } from 'phylum'
    const to = (path: string, code: number) => '/redirect?code=' + code + '&to=' + encodeURIComponent(path)
    const followed = await api.fetch(to('/api/v0/echo', 303), { method: 'POST', body: 'x' })
    console.log(followed.redirected, followed.url.endsWith('/api/v0/echo'), (await followed.json()).body === '')
    const kept = await api.fetch(to('/api/v0/echo', 307), { method: 'POST', body: 'kept' })
    console.log((await kept.json()).body)
    const manual = await api.fetch(to('/api/v0/groups', 302), { redirect: 'manual' })
    console.log(manual.status, manual.headers.get('location'))
    for (const path of ['https://evil.example/x', '/loop']) {
      const error = await api.fetch(path === '/loop' ? path : to(path, 302)).catch((error) => error)
      console.log(error.code)
    }
    const error = await api.fetch(to('/api/v0/groups', 302), { redirect: 'error' }).catch((error) => error)
    console.log(error.code)`)
    assert.deepEqual(outcome.stdout.split('\n').slice(0, 6), [
      'true true true',
      'kept',
      `302 ${api.origin}/api/v0/groups`,
      'ERR_BROKER_REDIRECT',
      'ERR_BROKER_REDIRECT',
      'ERR_BROKER_REDIRECT',
    ])
  },
)

onStage('ext run streams both ways, and aborts reach the API', async ({ api, run }) => {
  const pending = run(`
    import { api } from 'phylum'
    let n = 0
    for await (const chunk of (await api.fetch('/download?bytes=3000000&chunked=1')).body!) n += chunk.length
    const parts = [new Uint8Array(100_000), new Uint8Array(200_000)]
    const body = new ReadableStream({ pull(c) { const p = parts.shift(); p ? c.enqueue(p) : c.close() } })
    const { bytes } = await (await api.fetch('/upload', { method: 'POST', body })).json()
    console.log(n, bytes)
    const abort = new AbortController()
    const slow = api.fetch('/slow?ms=600000', { signal: abort.signal })
    setTimeout(() => abort.abort(), 100)
    console.log((await slow.catch((error) => error)).name)
    const already = await api.fetch('/groups', { signal: AbortSignal.abort() }).catch((error) => error)
    console.log(already.name)`)
  await api.aborted('/api/v0/slow')
  assert.equal((await pending).stdout, '3000000 300000\nAbortError\nAbortError\n')
})

onStage(
  'ext run asks nobody without a terminal, and names the option that would',
  async ({ home, form, api, canary }) => {
    home.extension('asking', {
      'PhylumExt.toml': MANIFEST.replace('sample', 'asking'),
      'main.ts': 'console.log(1)',
    })
    const environment = { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin }
    const refused = await home.phylum(form, ['ext', 'run', './asking'], { environment })
    assert.equal(refused.code, 17)
    assert.match(refused.stderr, /-y/)
    assert.equal(refused.stdout, '')
    home.extension('modest', {
      'PhylumExt.toml': MANIFEST.replace('sample', 'modest').replace('true', '[]'),
      'main.ts': 'console.log(1)',
    })
    const modest = await home.phylum(form, ['ext', 'run', './modest'], { environment })
    assert.deepEqual(
      [modest.code, modest.stdout],
      [0, '1\n'],
      'who asks for nothing is not asked about',
    )
  },
)

onStage('ext run without a credential ends with 10 and says how to get one', async ({ run }) => {
  const outcome = await run(`import { api } from 'phylum'; await api.fetch('/groups')`, [], {
    environment: { PHYLUM_API_KEY: undefined },
  })
  assert.equal(outcome.code, 10, outcome.stderr)
  assert.equal(outcome.stderr.match(/^error/gm)?.length, 1, 'it is said once')
  assert.match(outcome.stderr, /PHYLUM_API_KEY/)
  const unneeded = await run('console.log("no API here")', [], {
    environment: { PHYLUM_API_KEY: undefined },
  })
  assert.deepEqual([unneeded.code, unneeded.stdout, unneeded.stderr], [0, 'no API here\n', ''])
})

onStage('ext run loads no module from outside the extension', async ({ home, run }) => {
  home.extension('outside', {
    'secret.ts': 'export const secret = 1',
    'data.json': '{"a":1}',
    'data.txt': 'x',
  })
  const sample = home.extension('sample', { '.git/hook.ts': 'export const secret = 1' })
  assert.ok(sample)
  for (
    const code of [
      `import { secret } from './.git/hook.ts'; console.log(secret)`,
      `import { secret } from '../outside/secret.ts'; console.log(secret)`,
      `import data from '../outside/data.json' with { type: 'json' }; console.log(data)`,
      `import data from '../outside/data.txt' with { type: 'text' }; console.log(data)`,
      `import data from '/etc/hostname' with { type: 'text' }; console.log(data)`,
      `const { secret } = await import('../outside/secret.ts'); console.log(secret)`,
      `import x from 'https://esm.sh/x'; console.log(x)`,
      `console.log(await import('https://esm.sh/x'))`,
      `console.log(await import('npm:cac'))`,
      `console.log(await import('jsr:@std/path'))`,
    ]
  ) {
    const outcome = await run(code)
    assert.equal(outcome.code, 16, code)
    assert.equal(outcome.stdout, '')
  }
})

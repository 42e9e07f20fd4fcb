import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { outcomeOf, RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Form } from '../harness/phylum.ts'
import { residentMemory } from '../harness/traces.ts'

const MANIFEST = `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n`

/** What the host may grow by while a gibibyte passes through, in MiB. */
const ALLOWANCE = 64

for (const form of RUNTIMES) {
  test(
    `a gibibyte streams down and up through a host that stays small [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts': `import { api } from 'phylum'
        const GIBIBYTE = 2 ** 30
        await (await api.fetch('/groups')).text()
        console.log('idle')
        await Deno.stdin.read(new Uint8Array(1))
        let down = 0
        for await (const chunk of (await api.fetch('/download?bytes=' + GIBIBYTE)).body!) down += chunk.length
        console.log('down', down === GIBIBYTE)
        let left = GIBIBYTE
        const body = new ReadableStream({ pull(controller) {
          if (left === 0) return controller.close()
          controller.enqueue(new Uint8Array(65536))
          left -= 65536
        } })
        const { bytes } = await (await api.fetch('/upload', { method: 'POST', body })).json()
        console.log('up', bytes === GIBIBYTE)`,
      })
      const child = home.start(form, ['ext', 'run', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
      })
      let text = ''
      let idle = 0
      let peak = 0
      child.stdout!.on('data', (chunk) => {
        text += chunk
        if (idle === 0 && text.includes('idle')) {
          idle = residentMemory(child.pid!)
          child.stdin!.write('x')
        }
      })
      const timer = setInterval(() => {
        if (idle > 0) peak = Math.max(peak, residentMemory(child.pid!))
      }, 20)
      const { code, stderr } = await outcomeOf(child, 100_000)
      clearInterval(timer)
      await api.stop()
      assert.equal(code, 0, stderr)
      assert.equal(text, 'idle\ndown true\nup true\n')
      assert.ok(
        peak > 0 && peak - idle <= ALLOWANCE,
        `${idle.toFixed()} MiB idle, ${peak.toFixed()} MiB at most`,
      )
    }),
  )
}

test(
  'C47 an answer that takes a minute to begin is not cut',
  withHome(async (home) => {
    const api = await startFakeApi()
    home.extension('sample', {
      'PhylumExt.toml': MANIFEST,
      'main.ts': `import { api } from 'phylum'
      const slow = api.fetch('/slow?ms=62000')
      console.log(await (await slow).text())`,
    })
    const run = (form: Form) =>
      home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
        limit: 90_000,
      })
    for (const outcome of await Promise.all(RUNTIMES.map(run))) {
      assert.deepEqual(outcome, { code: 0, signal: null, stdout: '{"slow":true}\n', stderr: '' })
    }
    await api.stop()
  }),
)

test(
  'C47 an answer that takes longer than --timeout allows is an error that says so',
  withHome(async (home) => {
    const api = await startFakeApi()
    home.extension('sample', {
      'PhylumExt.toml': MANIFEST,
      'main.ts': `import { api } from 'phylum'
      for (const path of ['/slow?ms=60000', '/stall']) {
        const error = await api.fetch(path).then((response) => response.text()).catch((error) => error)
        console.log(error.name, error.code)
      }`,
    })
    for (const form of RUNTIMES) {
      const outcome = await home.phylum(form, ['ext', 'run', '-t', '0.5', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
      })
      assert.equal(outcome.code, 0, outcome.stderr)
      assert.match(outcome.stdout, /^ApiError ERR_BROKER_TIMEOUT\nTypeError/)
    }
    await api.stop()
  }),
)

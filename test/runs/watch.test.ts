import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { RUNTIMES, withHome } from '../harness/phylum.ts'
import { startOnTerminal } from '../harness/pty.ts'

const MANIFEST = 'name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n'

for (const form of RUNTIMES) {
  test(
    `ext run --watch runs an extension again after each change, and waits after a fault, until Ctrl-C [${form}]`,
    withHome(async (home) => {
      const canary = createCanary()
      const api = await startFakeApi()
      const write = (code: string, manifest = MANIFEST) =>
        home.extension('sample', { 'PhylumExt.toml': manifest, 'main.ts': code })
      const call = `import { api } from 'phylum'\nawait (await api.fetch('/groups')).text()\n`
      write(`${call}console.log('fir' + 'st')`)
      const terminal = startOnTerminal(home, form, ['ext', 'run', '-y', '--watch', './sample'], {
        environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin },
        columns: 200,
      })
      await terminal.shows(/first[^]*ended with 0; waiting for a change/)
      write(`${call}console.log('sec' + 'ond')`)
      await terminal.shows(/second/)
      write(`const third = ;`)
      await terminal.shows(/error: Uncaught \w+ in extension "sample"[^]*ended with 16/)
      write(`console.log('third')`, 'name = "sample"\nendpoint = 1\n')
      await terminal.shows(/PhylumExt\.toml:2:1: /)
      // One that is still running makes room for its next version.
      write(`console.log('for' + 'ever'); setInterval(() => {}, 60_000)`)
      await terminal.shows(/forever/)
      write(`${call}console.log('la' + 'st'); setInterval(() => {}, 60_000)`)
      await terminal.shows(/last/)
      terminal.type('\x03')
      assert.equal(await terminal.ended, 130)
      terminal.close()
      // A change of two files may be met between them.
      assert.ok(api.seen.length >= 3)
      home.assertNoLeak(canary, terminal.output())
      await api.stop()
    }),
  )
}

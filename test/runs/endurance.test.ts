/** What wears out, and what differs from one machine to another: cases N199 and N200 of the catalogue. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { commandOf, IS_SOAK, ONE_FORM, outcomeOf, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'
import { processesOf, runDirectories, temporaryFiles, until } from '../harness/traces.ts'

const MANIFEST = `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n`

/** How many runs; those under Deno take three times as long. */
const RUNS: Record<Form, number> = IS_SOAK
  ? { bun: 1_000, deno: 1_000, executable: 1_000, launcher: 0 }
  : { bun: 70, deno: 30, executable: 100, launcher: 0 }

/** Everything below a home but what a run writes anew each time. */
function filesOf(home: Home): string[] {
  return (readdirSync(home.path, { recursive: true }) as string[]).toSorted()
}

for (const form of ONE_FORM) {
  test(
    `N199 ${RUNS[form]} runs leave no more than one [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts':
          `import { api } from 'phylum'; console.log(await (await api.fetch('/groups')).text())`,
      })
      const run = async () => {
        const { code, stdout, stderr } = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
          environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
        })
        assert.deepEqual([code, stdout, stderr], [0, '{"groups":[]}\n', ''])
      }
      await run()
      const before = filesOf(home)
      await Promise.all([0, 1].map(async () => {
        for (let i = 0; i < RUNS[form] / 2; i++) await run()
      }))
      assert.deepEqual([processesOf(home), runDirectories(home)], [[], []])
      assert.deepEqual(temporaryFiles(home), [])
      assert.deepEqual(filesOf(home), before)
      await api.stop()
    }),
  )

  test(
    `N199 a long run holds no more descriptors than a short one [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts': `import { api } from 'phylum'
        const key = new Uint8Array(1)
        for (const paths of [20, 600]) {
          for (let i = 0; i < paths; i++) {
            const path = ['/groups', '/download?bytes=100000', '/cut-chunked', '/status?code=404', '/redirect?to=groups', '/garbage'][i % 6]
            await api.fetch(path).then((response) => i % 5 === 0 ? response.body?.cancel() : response.text()).catch(() => {})
          }
          console.log('after', paths)
          await Deno.stdin.read(key)
        }`,
      })
      const child = home.start(form, ['ext', 'run', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
      })
      let text = ''
      child.stdout!.on('data', (chunk) => text += chunk)
      const count = () => readdirSync(`/proc/${child.pid}/fd`).length
      await until(() => text.includes('after 20'))
      const early = count()
      child.stdin!.write('x')
      await until(() => text.includes('after 600'))
      // Connections that the API has cut are closed in a moment.
      await until(() => count() <= early + 16)
      child.stdin!.end('x')
      assert.equal((await outcomeOf(child)).code, 0)
      await api.stop()
    }),
  )

  test(
    `N200 J130 strange locales, time zones, widths and umasks change nothing [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      const canary = createCanary()
      const oddities: Record<string, string>[] = [
        { LC_ALL: 'C', TZ: 'Asia/Kathmandu' },
        { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', TZ: 'America/St_Johns' },
        { LANG: 'nowhere', TZ: ':/etc/passwd', COLUMNS: '0', LINES: '-1' },
        { LC_ALL: '', TZ: 'X'.repeat(5_000), COLUMNS: '1e9', TERM: '../../x' },
      ]
      home.extension('Iıİi', {
        'PhylumExt.toml': MANIFEST.replace('sample', 'iii'),
        'main.ts':
          `import { api } from 'phylum'; console.log(await (await api.fetch('/groups')).text())`,
      })
      for (const [i, oddity] of oddities.entries()) {
        const umask = ['0', '0777', '022', '0277'][i]!
        const run = async (...words: string[]) => {
          // The umask that lets nobody do anything would keep the home itself from being used.
          const line = `umask ${umask === '0777' ? '077' : umask}; exec "$@"`
          const child = spawn('sh', ['-c', line, 'sh', ...commandOf(form), ...words], {
            cwd: join(home.path, 'work'),
            env: { ...home.environment, ...oddity, PHYLUM_API_URI: api.origin },
          })
          child.stdin.end(canary)
          return await outcomeOf(child)
        }
        const what = JSON.stringify(oddity).slice(0, 80)
        const stored = await run('auth', 'set-token')
        assert.equal(stored.code, 0, `${what}: ${stored.stderr}`)
        const ran = await run('ext', 'run', '-y', './Iıİi')
        assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, '{"groups":[]}\n', ''], what)
        const listed = await run('group', 'list', '--json')
        assert.deepEqual(
          [listed.code, listed.stdout, listed.stderr],
          [0, '{"groups":[]}\n', ''],
          what,
        )
        const error = await run('İD', 'LIST')
        assert.equal(error.code, 2, what)
        home.assertNoLeak(canary, ran.stdout, ran.stderr)
      }
      assertPrivate(home)
      await api.stop()
    }),
  )
}

/** Asserts that what phylum has made below a home is for its owner alone, whatever the umask was. */
function assertPrivate(home: Home): void {
  for (const place of ['config', 'state', 'cache', 'data', 'run']) {
    const root = join(home.path, place)
    if (!existsSync(root)) continue
    for (const name of readdirSync(root, { recursive: true }) as string[]) {
      const path = join(root, name)
      // The directories of the XDG specification above ours belong to everybody's programs.
      if (!name.startsWith('phylum')) continue
      assert.equal(
        statSync(path).mode & 0o077,
        0,
        `${path} is ${(statSync(path).mode & 0o777).toString(8)}`,
      )
    }
  }
}

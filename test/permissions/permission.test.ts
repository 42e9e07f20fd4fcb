import { findFaults, resolvePermissions, splitMissing } from '#permissions'
import type { GrantedPermissions, PermissionRequest, Permissions } from '#permissions'
import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { manifestPath } from '../fuzz/paths.ts'
import { fuzzTest } from '../fuzz/target.ts'

const CONTEXT = { home: '/home/ada', workingDirectory: '/srv/project' }

function resolve(permissions: Permissions): GrantedPermissions {
  return resolvePermissions({ permissions }, CONTEXT)
}

function refuses(permissions: Permissions): void {
  const refused = { code: 'ERR_PERMISSIONS_VALUE' }
  assert.throws(() => resolve(permissions), refused, JSON.stringify(permissions))
  assert.equal(findFaults({ permissions }).length, 1, JSON.stringify(permissions))
}

test('resolvePermissions() grants nothing that is not asked for', () => {
  const nothing = { read: [], write: [], env: [], run: [], unsandboxedRun: [], net: [] }
  assert.deepEqual(resolvePermissions({}, CONTEXT), { ...nothing, api: 'ask' })
  assert.deepEqual(resolvePermissions({ permissions: {}, api: { allow: [] } }, CONTEXT), {
    ...nothing,
    api: [],
  })
})

test('I118 resolvePermissions() takes an empty list, false and absence for nothing, true for everything', () => {
  for (const key of ['read', 'write', 'env', 'run', 'unsandboxed_run', 'net'] as const) {
    const kind = key === 'unsandboxed_run' ? 'unsandboxedRun' : key
    assert.deepEqual(resolve({ [key]: [] })[kind], [])
    assert.deepEqual(resolve({ [key]: false })[kind], [])
    assert.deepEqual(resolve({})[kind], [])
    assert.equal(resolve({ [key]: true })[kind], true)
  }
  assert.equal(resolvePermissions({ api: { allow: true } }, CONTEXT).api, true)
})

test('I119 resolvePermissions() gives each path one meaning', () => {
  for (
    const [value, path] of [
      ['./', '/srv/project'],
      ['.', '/srv/project'],
      ['src', '/srv/project/src'],
      ['./src/', '/srv/project/src'],
      ['../other', '/srv/other'],
      ['../../../../..', '/'],
      ['~', '/home/ada'],
      ['~/', '/home/ada'],
      ['~/.config', '/home/ada/.config'],
      ['~/../bob', '/home/bob'],
      ['/etc//ssl/./certs/', '/etc/ssl/certs'],
      ['/tmp/../etc', '/etc'],
      ['a~b', '/srv/project/a~b'],
      ['./~', '/srv/project/~'],
      ['price$', '/srv/project/price$'],
      ['-rf', '/srv/project/-rf'],
    ] as const
  ) {
    assert.deepEqual(resolve({ read: [value] }).read, [path], value)
    assert.deepEqual(resolve({ write: [value] }).write, [path], value)
  }
  assert.deepEqual(
    resolvePermissions({ permissions: { read: ['.', 'x'] } }, { ...CONTEXT, workingDirectory: '/' })
      .read,
    ['/', '/x'],
  )
})

test('I119 resolvePermissions() refuses paths in the language of a shell', () => {
  for (
    const value of [
      '',
      '*',
      'src/*.ts',
      '**/x',
      'a?',
      '[ab]',
      '{a,b}',
      '~bob',
      '~bob/x',
      '~+',
      '$HOME',
      '$HOME/x',
      'a/${HOME}',
      '$(id)',
      'a\\b',
      'a\u0000b',
      'a\nb',
      '\u001b[2J',
      '\ud800',
      'a/'.repeat(3000),
    ]
  ) {
    refuses({ read: [value] })
    refuses({ write: [value] })
  }
})

test('D62 resolvePermissions() takes a comma for a comma', () => {
  assert.deepEqual(resolve({ read: ['/a,b', '/nonexistent,/etc', ',,'] }).read, [
    '/a,b',
    '/nonexistent,/etc',
    '/srv/project/,,',
  ])
})

test('D63 resolvePermissions() refuses a path that does not exist, for those who typed it', () => {
  const context = { ...CONTEXT, isPresent: (path: string) => path === '/srv/project/here' }
  const ask = (permissions: Permissions) => resolvePermissions({ permissions }, context)
  assert.deepEqual(ask({ read: ['here'] }).read, ['/srv/project/here'])
  for (const permissions of [{ read: ['gone'] }, { write: ['gone'] }, { run: ['/bin/gone'] }]) {
    assert.throws(() => ask(permissions), {
      code: 'ERR_PERMISSIONS_VALUE',
      message: /does not exist/,
    })
  }
  assert.deepEqual(ask({ run: ['git'] }).run, ['git'])
})

test('D63 splitMissing() grants nothing where there is nothing', () => {
  const asked = resolve({
    read: ['here', 'gone', '~/gone'],
    write: ['gone', '/here'],
    run: ['git'],
  })
  assert.deepEqual(splitMissing(asked, (path) => path.endsWith('/here')), {
    granted: { ...asked, read: ['/srv/project/here'], write: ['/here'] },
    missing: { read: ['/srv/project/gone', '/home/ada/gone'], write: ['/srv/project/gone'] },
  })
  const all = resolve({ read: true, write: true })
  assert.deepEqual(splitMissing(all, () => false), {
    granted: all,
    missing: { read: [], write: [] },
  })
})

test('F82 resolvePermissions() refuses wildcards and the names of phylum among variables', () => {
  for (
    const name of [
      '*',
      'PHY*',
      '',
      'A=B',
      ',',
      'A,B',
      'a b',
      '1A',
      'A\n',
      'Ä',
      'A-B',
      '$A',
      'A'.repeat(300),
    ]
  ) refuses({ env: [name] })
  for (
    const name of [
      'PHYLUM_API_KEY',
      'PHYLUM_API_URI',
      'PHYLUM_X',
      'LD_PRELOAD',
      'LD_AUDIT',
      'DYLD_INSERT_LIBRARIES',
      'NODE_OPTIONS',
      'BUN_OPTIONS',
      'BUN_CONFIG_VERBOSE_FETCH',
      'DENO_PERMISSION_BROKER_PATH',
      'DENO_DIR',
    ]
  ) refuses({ env: [name] })
  assert.throws(() => resolve({ env: ['PHYLUM_API_KEY'] }), { message: /never crosses/ })
  assert.deepEqual(resolve({ env: ['HOME', '_x9', 'NODE_ENV', 'PHYLUMX', 'HOME'] }).env, [
    'HOME',
    '_x9',
    'NODE_ENV',
    'PHYLUMX',
  ])
})

test('resolvePermissions() takes names of programs, and places from the root, the home and the working directory', () => {
  const absolute = ['git', 'g++', '/usr/bin/../bin/env', '/opt/a b/c', '/usr/bin/', '~/.cargo/bin']
  const resolved = [
    'git',
    'g++',
    '/usr/bin/env',
    '/opt/a b/c',
    '/usr/bin',
    '/home/ada/.cargo/bin',
  ]
  assert.deepEqual(resolve({ run: absolute }).run, resolved)
  assert.deepEqual(resolve({ unsandboxed_run: absolute }).unsandboxedRun, resolved)
  assert.deepEqual(
    resolve({ run: ['./gradlew', 'bin/x', './', '.', '../tool', '~', '~/'] }).run,
    ['/srv/project/gradlew', '/srv/project/bin/x', '/srv/project', '/srv/tool', '/home/ada'],
  )
  for (
    const value of ['', '*', 'git*', './git*', '~bob/x', 'git status', '-x', '/', 'a\u0000', 'a\nb']
  ) {
    refuses({ run: [value] })
    refuses({ unsandboxed_run: [value] })
  }
})

test('B22 resolvePermissions() lets nothing of the working directory run outside the sandbox', () => {
  for (const value of ['./git', 'bin/git', '../git', '.', '..', './']) {
    refuses({ unsandboxed_run: [value] })
  }
})

test('D50 resolvePermissions() refuses a relative program that a link leads out of the working directory', () => {
  const context = { ...CONTEXT, realPath: (path: string) => path.replace('/srv/project', '/opt') }
  const run = (value: string) => resolvePermissions({ permissions: { run: [value] } }, context)
  assert.throws(() => run('./tool'), { code: 'ERR_PERMISSIONS_VALUE', message: /\/opt\/tool/ })
  // A name has nothing to do with the directory, whatever lies in it.
  assert.deepEqual([run('tool').run, run('/srv/project/tool').run], [['tool'], [
    '/srv/project/tool',
  ]])
})

test('findFaults() finds every fault, and where it stands', () => {
  const request: PermissionRequest = {
    permissions: {
      read: ['./', '*', ''],
      write: true,
      env: ['PHYLUM_API_KEY'],
      net: ['example.com', '*.com'],
    },
    api: { allow: ['GET /groups', 'GET groups'] },
  }
  assert.deepEqual(findFaults(request).map((fault) => fault.path.join('.')), [
    'permissions.read.1',
    'permissions.read.2',
    'permissions.env.0',
    'permissions.net.1',
    'api.allow.1',
  ])
  assert.deepEqual(findFaults({ permissions: { read: ['~/x', '../../..'] } }), [])
})

test('findFaults() leaves values of a wrong type to the schema', () => {
  const wrong = { permissions: { read: [1, null, {}], net: 'x' }, api: { allow: [true] } }
  assert.deepEqual(findFaults(wrong as unknown as PermissionRequest), [])
  assert.deepEqual(findFaults({ permissions: 3 } as unknown as PermissionRequest), [])
})

test('L167 an error of permissions shows no control character', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), (value) => {
    for (
      const fault of findFaults({ permissions: { read: [value], env: [value], net: [value] } })
    ) {
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(fault.message, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
    }
  }))
})

test('resolvePermissions() answers absolute and normalised paths alone', () => {
  const part = fc.constantFrom('.', '..', '', 'a', 'b c', 'ü', ',', '~', '-', '...')
  const value = fc.tuple(
    fc.constantFrom('', '/', '~/', './'),
    fc.array(part, { minLength: 1, maxLength: 8 }),
  )
    .map(([start, parts]) => start + parts.join('/'))
  fc.assert(fc.property(value, (text) => {
    let granted
    try {
      granted = resolve({ read: [text] }).read
    } catch {
      return
    }
    const [path] = granted as string[]
    assert.ok(posix.isAbsolute(path!))
    assert.equal(posix.normalize(path!), path)
    assert.ok(path === '/' || !path!.endsWith('/'))
    assert.deepEqual(resolve({ read: [path!] }).read, [path])
  }))
})

test('resolvePermissions() refuses to guess a directory that is not known', () => {
  const lost = { home: '', workingDirectory: 'relative' }
  for (const value of ['~', '~/x', 'x', '.']) {
    assert.throws(() => resolvePermissions({ permissions: { read: [value] } }, lost), {
      code: 'ERR_PERMISSIONS_VALUE',
    })
  }
  assert.deepEqual(resolvePermissions({ permissions: { read: ['/x'] } }, lost).read, ['/x'])
})

test('D50 resolvePermissions() refuses a relative path that leads out of the working directory', () => {
  const links: Record<string, string> = {
    '/srv/project/data': '/home/ada/.ssh',
    '/srv/project/current': '/srv/project/releases/5',
    '/home/ada/work': '/data/work',
    '/srv/other': '/home/ada/.ssh',
  }
  const context = { ...CONTEXT, realPath: (path: string) => links[path] ?? path }
  const read = (value: string) => resolvePermissions({ permissions: { read: [value] } }, context)
  for (const value of ['data', './data', './data/']) {
    assert.throws(() => read(value), { code: 'ERR_PERMISSIONS_VALUE', message: /\.ssh/ }, value)
  }
  // Inside it a link is the author's business; what is named in full, or from home, is the user's own.
  for (const value of ['./current', './', '~/work', '/srv/project/data', '../other']) read(value)
})

fuzzTest(manifestPath, 200)

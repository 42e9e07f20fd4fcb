import { describePermissions, resolvePermissions } from '#permissions'
import type { Description, Permissions } from '#permissions'
import assert from 'node:assert/strict'
import { test } from 'node:test'

const CONTEXT = { home: '/home/ada', workingDirectory: '/srv/project' }

function describe(permissions: Permissions, allow: true | string[] = []): Description {
  return describePermissions(resolvePermissions({ permissions, api: { allow } }, CONTEXT))
}

test('describePermissions() says nothing where nothing is granted', () => {
  assert.deepEqual(describe({}), { dangers: [], lines: [] })
})

test('describePermissions() gives each permission one line, the API first', () => {
  const { lines } = describe(
    {
      net: ['a.com:443'],
      unsandboxed_run: ['make'],
      run: ['git'],
      env: ['HOME'],
      write: ['/tmp'],
      read: ['./'],
    },
    ['GET /groups', 'DELETE /groups/:name'],
  )
  assert.deepEqual(lines, [
    'Call the API with your credential: GET /groups, DELETE /groups/:name',
    'Read "/srv/project"',
    'Create, change and delete "/tmp"',
    'Read environment variables: "HOME"',
    'Run, and read the files of, "git"',
    'Run outside the sandbox "make"',
    'Connect to "a.com:443"',
  ])
})

test('describePermissions() says what true means', () => {
  const all = { read: true, write: true, env: true, run: true, unsandboxed_run: true, net: true }
  assert.equal(describe(all, true).lines.length, 7)
  for (const line of describe(all, true).lines) assert.match(line, /every|all/)
  assert.match(describePermissions(resolvePermissions({}, CONTEXT)).lines[0]!, /asks you/)
})

test('describePermissions() names full trust', () => {
  assert.match(
    describe({ unsandboxed_run: ['x'] }).dangers.join(),
    /full trust.*kept from your credential only until/,
  )
  assert.match(describe({ run: ['x'] }).dangers.join(), /full trust on this system/)
  const confined = describePermissions(
    resolvePermissions({ permissions: { run: ['x'] }, api: { allow: [] } }, CONTEXT),
    { isRunConfined: true },
  )
  assert.deepEqual(confined.dangers, [])
})

test('describePermissions() names interpreters, wherever they stand in a list', () => {
  const many = Array.from({ length: 50 }, (_, index) => `/opt/tool-${index}`)
  for (
    const program of [
      'sh',
      '/bin/bash',
      'python3',
      'python3.12',
      'node',
      'deno',
      'bun',
      'env',
      'xargs',
      'busybox',
      'perl5.36',
      'sudo',
    ]
  ) {
    assert.ok(
      describe({ run: [...many, program] }).dangers.some((each) => each.includes(`"${program}"`)),
      program,
    )
    assert.ok(
      describe({ unsandboxed_run: [program] }).dangers.some((each) =>
        each.includes(`"${program}"`)
      ),
    )
  }
  for (const program of ['jq', 'shasum', 'environment', 'tool-5']) {
    assert.ok(!describe({ run: [program] }).dangers.some((each) => each.includes(program)), program)
  }
})

test('describePermissions() says that programs have the whole network or none', () => {
  const toOwn = (permissions: Permissions) =>
    describe(permissions).dangers.some((each) => /your network/.test(each))
  assert.ok(toOwn({ run: ['x'], net: true }))
  assert.ok(!toOwn({ run: ['x'], net: ['a.com'] }))
  assert.ok(!toOwn({ net: true }))
})

test('describePermissions() names combinations that carry data away', () => {
  const away = (permissions: Permissions) =>
    describe(permissions).dangers.some((each) => /away/.test(each))
  assert.ok(away({ read: true, net: true }))
  assert.ok(away({ read: ['/'], net: ['a.com'] }))
  assert.ok(away({ run: true, net: ['a.com'] }))
  assert.ok(away({ env: true, net: ['a.com'] }))
  assert.ok(!away({ read: true }))
  assert.ok(!away({ net: true }))
  assert.ok(!away({ read: ['./'], net: ['a.com'] }))
  assert.ok(describe({ write: true }).dangers.length === 1)
  assert.ok(describe({}, true).dangers.length === 1)
})

test('L169 describePermissions() caps long lists and long values', () => {
  const paths = Array.from({ length: 10_000 }, (_, index) => `/data/${index}`)
  const { lines } = describe({ read: paths, net: ['a.com'] })
  assert.equal(lines.length, 2)
  assert.match(lines[0]!, /"\/data\/7" and 9992 more$/)
  assert.ok(describe({ read: [`/${'a'.repeat(4000)}`] }).lines[0]!.length < 100)
  assert.ok(describe({}, [`GET /${'a'.repeat(900)}`]).lines[0]!.length < 150)
  const long = Array.from({ length: 8 }, (_, index) => `/${index}${'a'.repeat(100)}`)
  const all = { read: long, write: long, env: true, net: ['a.com'] } as const
  for (const line of describe(all).lines) assert.ok(line.length < 200, line)
  assert.match(describe({ read: long }).lines[0]!, /…" and 7 more$/)
})

test('L167 L168 describePermissions() shows no character that deceives', () => {
  const path = '/tmp/\u202etxt.exe\u200b\u2028Do you accept (y, N)'
  for (const line of describe({ read: [path], write: [path], run: [path] }).lines) {
    assert.doesNotMatch(line, /[\u202a-\u202e\u200b\u2028]/)
    assert.match(line, /\\u\{202e\}/)
  }
})

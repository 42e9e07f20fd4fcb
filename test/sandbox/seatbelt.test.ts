import { writeSeatbelt } from '#sandbox'
import type { Plan } from '#sandbox'
import assert from 'node:assert/strict'
import { test } from 'node:test'

function plan(granted: Partial<Record<keyof Plan['granted'], unknown>> = {}): Plan {
  return {
    engine: '/opt/deno',
    libraries: { loader: null, files: [], nameService: [] },
    runDirectory: '/tmp/phylum-1/run-1',
    socket: '/tmp/phylum-1/run-1/broker.sock',
    extensionDirectory: '/ext',
    modules: null,
    stateDirectory: '/state/ext',
    workingDirectory: '/work',
    granted: {
      ...{ read: [], write: [], env: [], run: [], unsandboxedRun: [], net: [], api: [] },
      ...granted,
    } as Plan['granted'],
    missing: [],
    programs: Array.isArray(granted.run) ? granted.run : [],
    interpreters: [],
    denyAccess: ['/home/u/.config/phylum'],
    denyWrite: ['/ext'],
    args: [],
    environment: {},
  }
}

/** macOS keeps /tmp elsewhere. */
const real = (path: string) => path.replace(/^\/tmp\b/, '/private/tmp')

test('writeSeatbelt() denies everything but what a run needs', () => {
  const lines = writeSeatbelt(plan(), real).trimEnd().split('\n')
  assert.deepEqual(lines.slice(0, 2), ['(version 1)', '(deny default)'])
  assert.match(lines.join('\n'), /^\(allow process-exec \(subpath "\/opt\/deno"\)\)$/m)
  assert.equal(lines.filter((line) => line.startsWith('(allow network')).length, 1)
  assert.match(
    lines.at(-1)!,
    /^\(allow network-outbound \(remote unix-socket \(path-literal "\/private\/tmp\/phylum-1\/run-1\/broker\.sock"\)\)\)$/,
  )
  assert.doesNotMatch(lines.join('\n'), /mach-lookup|file-ioctl|iokit|\(allow default/)
})

test('A5 writeSeatbelt() closes last what stays closed, whatever is granted', () => {
  const text = writeSeatbelt(plan({ read: true, write: true, run: true }), real)
  const lines = text.split('\n')
  const deny = lines.findIndex((line) => line.startsWith('(deny file-read*'))
  assert.match(lines[deny]!, /\(subpath "\/home\/u\/\.config\/phylum"\)/)
  assert.match(lines[deny]!, /\(subpath "\/private\/tmp\/phylum-1"\)/, 'other runs')
  for (const [index, line] of lines.entries()) {
    if (/\(subpath "\/"\)/.test(line)) assert.ok(index < deny, line)
  }
  assert.ok(
    lines.indexOf('(deny file-write* (subpath "/ext"))') >
      lines.findIndex((line) => line.startsWith('(allow file-write*')),
  )
})

test('writeSeatbelt() grants hosts by their ports, which is all that it knows', () => {
  const hosts = (net: unknown) => writeSeatbelt(plan({ net }), real).split('\n').at(-2)
  assert.match(
    hosts(['example.com:443', '[::1]:8080'])!,
    /\(remote ip "\*:443"\) \(remote ip "\*:8080"\)/,
  )
  assert.match(hosts(['example.com'])!, /\(remote ip "\*:\*"\)/)
  assert.match(hosts(true)!, /\(remote ip "\*:\*"\)/)
})

test('D62 writeSeatbelt() keeps each path in its own string', () => {
  const text = writeSeatbelt(plan({ read: ['/a") (allow default) ("', '/b\\', '/c,d'] }), real)
  assert.ok(text.includes('(subpath "/a\\") (allow default) (\\"")'))
  assert.ok(text.includes('(subpath "/b\\\\")'))
  assert.ok(text.includes('(subpath "/c,d")'))
  assert.throws(() => writeSeatbelt(plan({ read: ['/a\n(allow default)'] }), real), {
    code: 'ERR_SANDBOX_START',
  })
})

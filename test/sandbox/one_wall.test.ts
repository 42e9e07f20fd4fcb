import { assertHoldable } from '#sandbox'
import assert from 'node:assert/strict'
import { test } from 'node:test'

type Granted = Parameters<typeof assertHoldable>[0]

const CLOSED = ['/home/u/.config/phylum', '/opt/phylum']

function granted(some: Partial<Granted>): Granted {
  return {
    read: true,
    write: [],
    env: true,
    run: [],
    unsandboxedRun: [],
    net: true,
    api: true,
    ...some,
  }
}

test('assertHoldable() lets through what is held without namespaces', () => {
  assertHoldable(granted({}), CLOSED, false)
  assertHoldable(
    granted({ write: ['/home/u/work', '/tmp', '/opt/phylum2', '/home/u/.config/phyl'] }),
    CLOSED,
    false,
  )
})

test('A5 assertHoldable() refuses to let anybody write above the settings', () => {
  for (
    const write of [true, ['/'], ['/home/u'], ['/home/u/.config'], ['/home/u/.config/phylum'], [
      '/tmp',
      '/opt',
    ]] as const
  ) {
    assert.throws(() => assertHoldable(granted({ write }), CLOSED, false), {
      code: 'ERR_SANDBOX_START',
    })
  }
})

test('assertHoldable() lets through what namespaces hold', () => {
  const everything = { write: true, run: true, unsandboxedRun: true } as const
  assertHoldable(granted(everything), CLOSED, true)
})

test('A3 A14 A15 assertHoldable() refuses programs, which have the rights of the user', () => {
  for (
    const some of [{ run: true }, { run: ['cat'] }, { unsandboxedRun: true }, {
      unsandboxedRun: ['git'],
    }] as const
  ) {
    assert.throws(() => assertHoldable(granted(some), CLOSED, false), { code: 'ERR_SANDBOX_START' })
  }
})

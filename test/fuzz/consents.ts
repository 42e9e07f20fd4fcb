import type { PermissionRequest } from '#permissions'
import { checkConsent, readConsent, writeConsent } from '#registry'
import type { Consent, Identity } from '#registry'
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { findFaults } from '../../src/permissions/permission.ts'
import { hostileText } from './hostile.ts'
import type { Target } from './target.ts'

const CONTEXT = { home: '/home/ada', workingDirectory: '/work' }

const list = (values: readonly string[]) =>
  fc.oneof(fc.boolean(), fc.subarray([...values]), fc.array(hostileText(3), { maxLength: 2 }))

const request = fc.record({
  permissions: fc.record({
    read: list(['./', '~/x', '/etc']),
    write: list(['./out']),
    env: list(['HOME', 'ODD']),
    net: list(['a.com', '*.a.com:443', '[::1]:80']),
  }, { requiredKeys: [] }),
  api: fc.record({
    allow: fc.oneof(fc.constant(true as const), fc.subarray(['GET /groups', '* /x/:y', 'PUT /*'])),
  }),
}, { requiredKeys: [] }) as fc.Arbitrary<PermissionRequest>

const identity: fc.Arbitrary<Identity> = fc.record({
  name: fc.constantFrom('groups', 'x', 'con'),
  source: fc.constantFrom('installed', 'bundled', 'path'),
  directory: fc.oneof(fc.constantFrom('/a', '/b'), hostileText(4).map((text) => `/${text}`)),
})

const damage = fc.record({
  at: fc.nat(2_000),
  remove: fc.nat(40),
  insert: fc.oneof(
    hostileText(2),
    fc.constantFrom('true', '"*"', 'null', '[', '{', '1e999', '__proto__'),
  ),
})

/** The record of what the user agreed to. */
export const consent: Target = {
  name: 'registry/consent',
  promise: 'a consent is read as it was written, by nobody else, and a damaged one is none',
  inputs: 3_000,
  open() {
    const directory = mkdtempSync(join(tmpdir(), 'phylum-consents-'))
    return {
      property: fc.asyncProperty(
        request,
        identity,
        identity,
        damage,
        async (asked, owner, other, hurt) => {
          rmSync(directory, { recursive: true, force: true })
          const written: Consent = {
            digest: 'sha256-x',
            request: asked,
            agreedAt: '2026-01-01T00:00:00Z',
          }
          await writeConsent(directory, owner, written)
          const read = readConsent(directory, owner)
          if (findFaults(asked).length > 0) {
            return assert.equal(
              read,
              undefined,
              'what no manifest asks for',
            )
          }
          assert.deepEqual(plain(read!.request), plain(asked))
          assert.equal(
            checkConsent(read, { digest: 'sha256-x', request: asked, context: CONTEXT }).state,
            'agreed',
          )
          assert.equal(
            checkConsent(read, { digest: 'sha256-y', request: asked, context: CONTEXT }).state,
            'changed',
          )
          if (!isSame(owner, other)) assert.equal(readConsent(directory, other), undefined)

          const file = join(directory, 'consent', readdirSync(join(directory, 'consent'))[0]!)
          const text = readFileSync(file, 'utf8')
          const at = hurt.at % text.length
          writeFileSync(file, text.slice(0, at) + hurt.insert + text.slice(at + hurt.remove))
          const damaged = readConsent(directory, owner)
          // Whatever it says now is something that a manifest could ask for.
          if (damaged !== undefined) {
            checkConsent(damaged, {
              digest: 'x',
              request: asked,
              context: CONTEXT,
            })
          }
        },
      ),
      close() {
        rmSync(directory, { recursive: true, force: true })
        return Promise.resolve()
      },
    }
  },
}

function isSame(one: Identity, other: Identity): boolean {
  if (one.source !== other.source) return false
  return one.source === 'path'
    ? one.directory === other.directory && one.name === other.name
    : one.name === other.name
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

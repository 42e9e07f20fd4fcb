import { PhylumError } from '#base'
import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { readTar } from '../../src/registry/source/tar.ts'
import { writeTree } from '../../src/registry/source/tree.ts'
import { longName, makeTar, pax } from '../harness/tar.ts'
import type { RawEntry } from '../harness/tar.ts'
import { hostileText } from './hostile.ts'
import type { Target } from './target.ts'

const ordinary = fc.nat(40).map((number) => `p/${number % 5}/f${number}`)

const name = fc.oneof(
  { weight: 3, arbitrary: ordinary },
  fc.constantFrom(
    'p/a',
    'p/A',
    'p/a/b',
    'p/.git/x',
    'p/../x',
    '/x',
    'q/a',
    'p/',
    'p/node_modules/x',
  ),
  hostileText(3).map((text) => `p/${text}`),
  fc.array(fc.constantFrom('p', 'a', '..', '.', ''), { maxLength: 5 }).map((parts) =>
    parts.join('/')
  ),
)

const entry: fc.Arbitrary<RawEntry> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ name: ordinary, body: fc.string({ maxLength: 600 }) }) },
  fc.record({
    name,
    type: fc.constantFrom(...'\x000123456789xgLKSVMD'),
    body: fc.string({ maxLength: 20 }),
    mode: fc.nat(0o7777),
    prefix: fc.constantFrom('', 'p', '..', '/etc'),
    link: fc.constantFrom('', '/etc/passwd', 'a'),
  }),
  fc.record({ name, body: fc.string({ maxLength: 600 }) }),
  fc.record({ path: name, size: fc.constantFrom('0', '1', '-1', '9e9') }, { requiredKeys: [] })
    .map((records) => pax(records as Record<string, string>)),
  name.map(longName),
)

const damage = fc.record({
  at: fc.nat(),
  byte: fc.nat(255),
  isDone: fc.constantFrom(true, false, false),
})

/** What somebody has packed, and damaged on the way. */
export const archive: Target = {
  name: 'registry/archive',
  promise: 'an archive becomes plain files in its own directory, or nothing at all',
  inputs: 5_000,
  open() {
    const root = mkdtempSync(join(tmpdir(), 'phylum-archives-'))
    const refuse = (state: string) => new PhylumError('ERR_REGISTRY_PATH', state)
    return {
      property: fc.asyncProperty(
        fc.array(entry, { maxLength: 5 }),
        fc.array(damage, { maxLength: 2 }),
        fc.integer({ min: 1, max: 2_000 }),
        async (entries, damages, chunk) => {
          const bytes = makeTar(entries)
          for (const { at, byte, isDone } of damages) if (isDone) bytes[at % bytes.length] = byte
          const out = join(root, 'inner/out')
          rmSync(join(root, 'inner'), { recursive: true, force: true })
          mkdirSync(out, { recursive: true })
          let isWritten = true
          try {
            await writeTree(readTar(cut(bytes, chunk), refuse), out, { refuse, isBelowTop: true })
          } catch (error) {
            assert.equal((error as PhylumError).code, 'ERR_REGISTRY_PATH', String(error))
            isWritten = false
          }
          assert.deepEqual(readdirSync(root), ['inner'])
          assert.deepEqual(readdirSync(join(root, 'inner')), ['out'])
          const paths = readdirSync(out, { recursive: true }) as string[]
          if (!isWritten) assert.deepEqual(paths, [])
          for (const path of paths) {
            const status = lstatSync(join(out, path))
            assert.ok(status.isFile() ? status.nlink === 1 : status.isDirectory(), path)
            assert.ok([0o600, 0o700].includes(status.mode & 0o7777), path)
          }
        },
      ),
      close() {
        rmSync(root, { recursive: true, force: true })
        return Promise.resolve()
      },
    }
  },
}

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { createRunDirectory } from '../../src/host/run_directory.ts'

const PARENT = `phylum-${process.getuid?.()}`

async function withPlace(body: (place: string) => Promise<void> | void): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'p-'))
  try {
    await body(place)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

test('H94 createRunDirectory() makes a directory that only its owner may enter, below another', () =>
  withPlace((place) => {
    const before = process.umask(0)
    try {
      const run = createRunDirectory([place])
      assert.equal(statSync(run.path).mode & 0o777, 0o700)
      assert.equal(statSync(join(place, PARENT)).mode & 0o777, 0o700)
      run.remove()
      assert.ok(!existsSync(run.path))
    } finally {
      process.umask(before)
    }
  }))

test('H95 createRunDirectory() refuses a parent that is a link, open to others, or not a directory', () =>
  withPlace((place) => {
    const parent = join(place, PARENT)
    const elsewhere = join(place, 'elsewhere')
    mkdirSync(elsewhere, { mode: 0o700 })
    symlinkSync(elsewhere, parent)
    assert.throws(() => createRunDirectory([place]), { code: 'ERR_HOST_DIRECTORY' })
    rmSync(parent)
    writeFileSync(parent, '')
    assert.throws(() => createRunDirectory([place]), { code: 'ERR_HOST_DIRECTORY' })
    rmSync(parent)
    mkdirSync(parent)
    for (const mode of [0o777, 0o750, 0o701]) {
      chmodSync(parent, mode)
      assert.throws(() => createRunDirectory([place]), { code: 'ERR_HOST_DIRECTORY' })
    }
    chmodSync(parent, 0o700)
    createRunDirectory([place]).remove()
  }))

test('H96 createRunDirectory() goes on to the next place when one is missing, too long or not writable', () =>
  withPlace((place) => {
    const long = join(place, 'x'.repeat(100))
    mkdirSync(long)
    const run = createRunDirectory([join(place, 'missing'), long, place])
    assert.ok(run.path.startsWith(join(place, PARENT)))
    assert.ok(Buffer.byteLength(run.socket) <= 107)
    assert.throws(() => createRunDirectory([long]), {
      code: 'ERR_HOST_DIRECTORY',
      message: /too long/,
    })
  }))

test('H97 N198 createRunDirectory() sweeps what dead runs left, and nothing of the living', () =>
  withPlace(async (place) => {
    const living = createRunDirectory([place])
    const child = spawn('/bin/sh', ['-c', 'exit 0'])
    await once(child, 'close')
    const make = (name: string) => {
      const path = join(place, PARENT, name)
      mkdirSync(join(path, 'scratch'), { recursive: true })
      return path
    }
    const [pid, start] = /run-(\d+)\.(\d*)-/.exec(living.path)!.slice(1)
    assert.equal(pid, String(process.pid))
    const dead = make(`run-${child.pid}.12345-abcdef`)
    // A process with the same id that started at another time is another.
    const reused = make(`run-${pid}.${Number(start) + 1}-abcdef`)
    const unnamed = make('run-abcdef')
    const foreign = make('other')
    const next = createRunDirectory([place])
    assert.ok(existsSync(living.path))
    for (const each of [dead, reused, unnamed]) assert.ok(!existsSync(each), each)
    assert.ok(existsSync(foreign))
    assert.deepEqual(next.others, [living.path])
  }))

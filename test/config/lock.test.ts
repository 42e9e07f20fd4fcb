import assert from 'node:assert/strict'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isPhylumError } from '#base'
import { withLock } from '#config'
import { printed, startChild } from '../harness/child.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

const ACT = new URL('./fixtures/act.ts', import.meta.url)

test('withLock() lets one caller work at a time', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'x')
    let inside = 0
    const work = async () => {
      inside++
      assert.equal(inside, 1)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
    }
    await Promise.all(Array.from({ length: 20 }, () => withLock(file, work, { timeout: 30_000 })))
  }))

test('withLock() answers what the work answers, and is free again after a failure', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'x')
    const failure = new Error('the work failed')
    await assert.rejects(withLock(file, () => Promise.reject(failure)), failure)
    assert.equal(await withLock(file, () => Promise.resolve(7), { timeout: 0 }), 7)
    assert.deepEqual(await readdir(directory), ['.x.lock'])
    assert.equal((await stat(join(directory, '.x.lock'))).size, 0)
  }))

test('J144 withLock() gives up in time and says why; another file is free meanwhile', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'x')
    await withLock(file, async () => {
      await assert.rejects(withLock(file, () => Promise.resolve(), { timeout: 20 }), (error) => {
        assert.ok(isPhylumError(error, 'ERR_CONFIG_LOCKED'))
        assert.equal(
          error.message,
          `Cannot lock "${file}": another process has held it for 0.02 seconds`,
        )
        return true
      })
      assert.equal(await withLock(join(directory, 'y'), () => Promise.resolve(7)), 7)
    })
  }))

test('J144 withLock() is free as soon as a holder in another process is killed', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'x')
    const holder = startChild(ACT, ['hold', file])
    await printed(holder, 'held')
    await assert.rejects(withLock(file, () => Promise.resolve(), { timeout: 0 }), {
      code: 'ERR_CONFIG_LOCKED',
    })
    const waiting = withLock(file, () => Promise.resolve('mine'), { timeout: 30_000 })
    const closed = new Promise((resolve) => holder.on('close', resolve))
    holder.kill('SIGKILL')
    assert.equal(await waiting, 'mine')
    await closed
    assert.deepEqual(await readdir(directory), ['.x.lock'])
  }))

test('withLock() refuses a lock file that is not its own', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'x')
    await writeFile(join(directory, '.x.lock'), 'SQLite format 3\0')
    await assert.rejects(withLock(file, () => Promise.resolve()), { code: 'ERR_CONFIG_WRITE' })
    await assert.rejects(withLock(join(directory, 'absent/x'), () => Promise.resolve()), {
      code: 'ERR_CONFIG_WRITE',
    })
  }))

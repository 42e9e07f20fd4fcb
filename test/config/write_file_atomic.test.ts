import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeFileAtomic } from '#config'
import { runChild, whyNoStrace } from '../harness/child.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

// Starts many processes, on a machine that may be busy with others.
const PATIENT = { timeout: 60_000 }
const ACT = new URL('./fixtures/act.ts', import.meta.url)
const OLD = 'connection:\n  uri: https://api.example\nauth_info:\n  offline_access: old\n'
const NEW = OLD.replace('old', 'new')
const NAMES = ['.settings.yaml.lock', 'settings.yaml']

/**
 * Runs one update with a fault put into a system call. The fixture makes each of these calls for nothing else, and strace counts by thread, so a
 * step is named by its first call; `only` narrows it to calls on one path.
 */
async function updateWithFault(directory: string, { fault, only }: Step) {
  const path = only === undefined ? [] : ['-P', only]
  const under = ['strace', '-f', '-qq', '-o', '/dev/null', ...path, '-e', `inject=${fault}:when=1`]
  return await runChild(ACT, ['setToken', join(directory, 'settings.yaml'), 'new'], { under })
}

interface Step {
  fault: string
  only?: string
}

test('writeFileAtomic() makes and replaces files with the mode it is told', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'x')
    await writeFileAtomic(file, 'one')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    await writeFileAtomic(file, new Uint8Array([0, 255]), { mode: 0o644 })
    assert.deepEqual([...await readFile(file)], [0, 255])
    assert.equal((await stat(file)).mode & 0o777, 0o644)
    assert.deepEqual(await readdir(directory), ['x'])
    await symlink('x', join(directory, 'link'))
    await writeFileAtomic(join(directory, 'link'), 'through')
    assert.equal(await readFile(file, 'utf8'), 'through')
    await mkdir(join(directory, 'd'))
    for (const path of ['d', 'absent/x', 'x/y']) {
      await assert.rejects(writeFileAtomic(join(directory, path), ''), { code: 'ERR_CONFIG_WRITE' })
    }
  }))

test(
  'J135 an update that fails at any step leaves the old file and no other',
  PATIENT,
  async (t) => {
    const reason = whyNoStrace()
    if (reason !== undefined) return t.skip(reason)
    await withTemporaryDirectory(async (directory) => {
      await runChild(ACT, ['nothing'])
      const faults: [string, RegExp][] = [
        ['fchmod:error=EPERM', /the operation is not permitted/],
        ['fsync:error=EIO', /the disk reported an input\/output error/],
        ['fsync:error=EDQUOT', /quota/],
        ['rename,renameat,renameat2:error=ENOSPC', /no space is left on the disk/],
        ['rename,renameat,renameat2:error=EROFS', /the file system is read-only/],
      ]
      for (const [fault, message] of faults) {
        await writeFile(join(directory, 'settings.yaml'), OLD)
        const result = await updateWithFault(directory, { fault })
        assert.match(result.stdout, /^ERR_CONFIG_WRITE Cannot write/, `${fault} ${result.stderr}`)
        assert.match(result.stdout, message)
        assert.equal(result.code, 1)
        assert.equal(await readFile(join(directory, 'settings.yaml'), 'utf8'), OLD)
        assert.deepEqual((await readdir(directory)).sort(), NAMES)
      }
      // The last step comes after the rename: the new file is whole, and the doubt about the disk is reported.
      const result = await updateWithFault(directory, { fault: 'fsync:error=EIO', only: directory })
      assert.match(result.stdout, /^ERR_CONFIG_WRITE .*may not survive a power failure/)
      assert.equal(await readFile(join(directory, 'settings.yaml'), 'utf8'), NEW)
    })
  },
)

test(
  'J134 an update that is killed at any step leaves the old file or the new one, whole',
  PATIENT,
  async (t) => {
    const reason = whyNoStrace()
    if (reason !== undefined) return t.skip(reason)
    await withTemporaryDirectory(async (directory) => {
      await runChild(ACT, ['nothing'])
      const file = join(directory, 'settings.yaml')
      const steps: [Step, string][] = [
        [{ fault: 'fchmod:signal=KILL' }, OLD],
        [{ fault: 'fsync:signal=KILL' }, OLD],
        [{ fault: 'rename,renameat,renameat2:signal=KILL' }, OLD],
        [{ fault: 'fsync:signal=KILL', only: directory }, NEW],
      ]
      for (const [step, content] of steps) {
        await writeFile(file, OLD)
        const result = await updateWithFault(directory, step)
        assert.equal(result.stdout, '', step.fault)
        assert.equal(await readFile(file, 'utf8'), content, step.fault)
        // The next writer is not held up by the dead one, and sweeps what it left.
        const next = await runChild(ACT, ['setToken', file, 'new'])
        assert.equal(next.stdout, 'written\n', next.stderr)
        assert.equal(await readFile(file, 'utf8'), NEW)
        assert.deepEqual((await readdir(directory)).sort(), NAMES)
      }
    })
  },
)

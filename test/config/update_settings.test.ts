import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPhylumError, Secret } from '#base'
import { type KeyringAccount, parseApiUri, readSettings, updateSettings } from '#config'
import { updateDocument } from '../../src/config/update_settings.ts'
import { createCanary } from '../harness/canary.ts'
import { runChild, startChild, whyNotRoot } from '../harness/child.ts'
import { IS_SOAK } from '../harness/phylum.ts'
import { createRecordingLog } from '../harness/recording_log.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

// Starts many processes, on a machine that may be busy with others.
const PATIENT = { timeout: 60_000 }
const ACT = new URL('./fixtures/act.ts', import.meta.url)
const CANARY = createCanary()
const log = createRecordingLog()
const secret = (value: string) => Secret.parse(value, 'the test')
const modeOf = async (path: string) => (await stat(path)).mode & 0o777

test('updateSettings() makes the file with every setting', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'a/b/phylum/settings.yaml')
    await updateSettings(file, { credential: secret(CANARY) })
    assert.equal(
      await readFile(file, 'utf8'),
      `connection:\n  uri: https://api.phylum.io\nauth_info:\n  offline_access: ${CANARY}\n` +
        'last_update: null\nignore_certs: false\norganization: null\n',
    )
    assert.equal(await modeOf(join(directory, 'a/b/phylum')), 0o700)
    await updateSettings(file, { credential: null })
    assert.equal((await readSettings(file, { log })).credential, null)
  }))

test('J130 updateSettings() makes the file 0600 and the directory 0700 under any umask', () =>
  withTemporaryDirectory(async (directory) => {
    for (const act of ['setTokenOpen', 'setTokenClosed']) {
      const file = join(directory, act, 'settings.yaml')
      assert.equal((await runChild(ACT, [act, file, CANARY])).stdout, 'written\n')
      assert.equal(await modeOf(file), 0o600)
      assert.equal(await modeOf(join(directory, act)), 0o700)
      for (const name of await readdir(join(directory, act))) {
        assert.equal(await modeOf(join(directory, act, name)), 0o600, name)
      }
    }
  }))

test('J131 updateSettings() never writes a secret into a file that others can read', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await writeFile(file, 'connection:\n  uri: https://api.example\n')
    await chmod(file, 0o666)
    await updateSettings(file, { credential: secret(CANARY) })
    assert.equal(await modeOf(file), 0o600)
  }))

test('J140 updateSettings() keeps comments, order and unknown keys', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    const before =
      `# top\nfuture: { key: [ 1, two ] } # kept\n\nauth_info:\n  # the key\n  offline_access: old # mine
  other: "x: y"\nconnection:\n  uri: https://api.example # ours\n\n# end\n`
    await writeFile(file, before)
    await updateSettings(file, {
      credential: secret(CANARY),
      apiUri: parseApiUri('https://b.example', 'the test'),
    })
    assert.equal(
      await readFile(file, 'utf8'),
      before.replace('old', CANARY).replace('https://api.example', 'https://b.example'),
    )
  }))

test('updateSettings() keeps comments and unknown keys of a file that is laid out in another way', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    const layout = '# top\r\nconnection: {uri: "https://api.example"} # ours\r\nauth_info:\r\n' +
      '    # mine\r\n    offline_access: >-\r\n      old\r\nlist:\r\n- 1\r\n- two # kept\r\n'
    await writeFile(file, layout)
    await updateSettings(file, { credential: secret(CANARY), organization: 'acme' })
    const after = await readFile(file, 'utf8')
    for (const comment of ['# top', '# ours', '# mine', '# kept']) {
      assert.ok(after.includes(comment))
    }
    const { parse } = await import('yaml')
    assert.deepEqual(parse(after), {
      connection: { uri: 'https://api.example' },
      auth_info: { offline_access: CANARY },
      list: [1, 'two'],
      organization: 'acme',
    })
  }))

test('updateSettings() changes what it is told, and only that', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await updateSettings(file, { organization: 'acme', lastUpdate: 7, ignoreCerts: true })
    await updateSettings(file, (current) => ({ lastUpdate: (current.lastUpdate ?? 0) + 1 }))
    const settings = await readSettings(file, { log })
    assert.deepEqual(
      [settings.organization, settings.lastUpdate, settings.ignoreCerts, settings.credential],
      ['acme', 8, true, null],
    )
    const { ino } = await stat(file)
    await updateSettings(file, () => undefined)
    assert.equal((await stat(file)).ino, ino)
  }))

test('updateSettings() writes any credential so that it reads back the same', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code))
    const token = fc.oneof(
      fc.string({ unit: visible, minLength: 1, maxLength: 40 }),
      fc.string({ unit: visible, minLength: 200, maxLength: 2000 }),
      fc.constantFrom(
        'null',
        'true',
        '123',
        '1e5',
        '0x1f',
        '~',
        '.inf',
        '#x',
        '-',
        '?',
        '<<',
        '"',
        "'",
        '!!str',
        '&a',
        '*a',
        '%x',
        '@',
        '`',
        '|',
        '>-',
        '{',
        '[]',
        '2026-01-01',
      ),
    )
    await fc.assert(
      fc.asyncProperty(token, async (value) => {
        await updateSettings(file, { credential: secret(value) })
        assert.equal((await readSettings(file, { log })).credential?.reveal(), value)
      }),
      { numRuns: 60, seed: 7 },
    )
  }))

test('updateSettings() leaves a malformed file as it is, and repairs a value that it replaces', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    const base = 'connection:\n  uri: https://api.example\n'
    const cases: [string, string][] = [
      [`${base}auth_info:\n\toffline_access: x\n`, 'ERR_CONFIG_SYNTAX'],
      [`${base}auth_info: [x]\n`, 'ERR_CONFIG_TYPE'],
      [`${base}ignore_certs: "false"\n`, 'ERR_CONFIG_TYPE'],
      ['connection:\n  uri: ftp://x\n', 'ERR_CONFIG_URI'],
      ['', 'ERR_CONFIG_SYNTAX'],
      [`${base}auth_info:\n  offline_access: cut`, 'ERR_CONFIG_SYNTAX'],
    ]
    for (const [content, code] of cases) {
      await writeFile(file, content)
      await assert.rejects(updateSettings(file, { credential: secret(CANARY) }), { code }, content)
      assert.equal(await readFile(file, 'utf8'), content)
      assert.deepEqual((await readdir(directory)).sort(), ['.settings.yaml.lock', 'settings.yaml'])
    }
    await writeFile(file, `${base}auth_info:\n  offline_access: "two words"\n`)
    await updateSettings(file, { credential: secret(CANARY) })
    assert.ok((await readSettings(file, { log })).credential?.equals(secret(CANARY)))
  }))

test('J132 updateSettings() replaces the target of a link and keeps the link', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'config/settings.yaml')
    const target = join(directory, 'dotfiles/phylum.yaml')
    await mkdir(join(directory, 'config'))
    await mkdir(join(directory, 'dotfiles'))
    await writeFile(target, 'connection:\n  uri: https://api.example\n')
    await symlink('../dotfiles/phylum.yaml', join(directory, 'config/middle.yaml'))
    await symlink('middle.yaml', file)
    await updateSettings(file, { credential: secret(CANARY) })
    assert.equal(await readlink(file), 'middle.yaml')
    assert.match(await readFile(target, 'utf8'), new RegExp(CANARY))
    assert.equal(await modeOf(target), 0o600)
    assert.deepEqual((await readdir(join(directory, 'config'))).sort(), [
      'middle.yaml',
      'settings.yaml',
    ])
  }))

test('J132 updateSettings() refuses a link to nothing, to a device, and in a circle', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    const cases: [string, RegExp][] = [
      ['nowhere.yaml', /a symbolic link to a file that does not exist$/],
      ['/dev/null', /not a regular file$/],
      ['settings.yaml', /its symbolic links form a loop$/],
      ['.', /it is a directory$/],
    ]
    for (const [target, message] of cases) {
      await rm(file, { force: true })
      await symlink(target, file)
      await assert.rejects(updateSettings(file, { credential: null }), (error) => {
        assert.ok(isPhylumError(error, 'ERR_CONFIG_WRITE'), target)
        assert.match(error.message, message)
        return true
      })
      assert.ok((await lstat(file)).isSymbolicLink())
    }
    assert.ok((await stat('/dev/null')).isCharacterDevice())
  }))

test('J133 updateSettings() writes through nothing that was put in its way', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    const victim = join(directory, 'victim')
    await writeFile(victim, 'mine', { mode: 0o666 })
    for (const name of ['.settings.yaml.new', '.settings.yaml.tmp', 'settings.yaml.tmp']) {
      await symlink('victim', join(directory, name))
    }
    await updateSettings(file, { credential: secret(CANARY) })
    assert.equal(await readFile(victim, 'utf8'), 'mine')
    // A lock file that is a link is not opened: SQLite would take the victim for a database.
    await rm(join(directory, '.settings.yaml.lock'))
    await symlink('victim', join(directory, '.settings.yaml.lock'))
    await assert.rejects(updateSettings(file, { credential: null }), { code: 'ERR_CONFIG_WRITE' })
    assert.equal(await readFile(victim, 'utf8'), 'mine')
    assert.ok((await readSettings(file, { log })).credential?.equals(secret(CANARY)))
  }))

test('J134 updateSettings() removes what killed writers left, and nothing else', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    const keep = [
      '.settings.yaml.0123.tmp',
      '.other.yaml.0123456789abcdef.tmp',
      '.settings.yaml.0123456789abcdef.tmp.x',
    ]
    for (
      const name of [
        ...keep,
        '.settings.yaml.0123456789abcdef.tmp',
        '.settings.yaml.fedcba9876543210.tmp',
      ]
    ) {
      await writeFile(join(directory, name), CANARY)
    }
    await updateSettings(file, { credential: null })
    assert.deepEqual(
      (await readdir(directory)).sort(),
      [...keep, '.settings.yaml.lock', 'settings.yaml'].sort(),
    )
  }))

test('J135 updateSettings() on a full disk keeps the old file', async (t) => {
  await withTemporaryDirectory(async (directory) => {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', directory])
    if (mount.status !== 0) return t.skip('mounting a small file system is not allowed here')
    try {
      const file = join(directory, 'settings.yaml')
      await updateSettings(file, { credential: secret(CANARY) })
      const before = await readFile(file, 'utf8')
      spawnSync('dd', ['if=/dev/zero', `of=${join(directory, 'filler')}`, 'bs=4096'])
      await assert.rejects(updateSettings(file, { organization: 'x'.repeat(9000) }), (error) => {
        assert.ok(isPhylumError(error, 'ERR_CONFIG_WRITE'))
        assert.match(error.message, /^Cannot write ".*": no space is left on the disk$/)
        return true
      })
      assert.equal(await readFile(file, 'utf8'), before)
      const names = ['.settings.yaml.lock', 'filler', 'settings.yaml']
      assert.deepEqual((await readdir(directory)).sort(), names)
      await rm(join(directory, 'filler'))
      await updateSettings(file, { organization: 'x'.repeat(9000) })
      assert.equal((await readSettings(file, { log })).organization?.length, 9000)
    } finally {
      spawnSync('umount', [directory])
    }
  })
})

test('J135 J143 updateSettings() on a read-only file system says so, and reading still works', async (t) => {
  await withTemporaryDirectory(async (directory) => {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', directory])
    if (mount.status !== 0) return t.skip('mounting a small file system is not allowed here')
    try {
      const file = join(directory, 'settings.yaml')
      const absent = join(directory, 'phylum/settings.yaml')
      await updateSettings(file, { credential: secret(CANARY) })
      spawnSync('mount', ['-o', 'remount,ro', directory])
      for (const path of [file, absent]) {
        await assert.rejects(updateSettings(path, { credential: null }), (error) => {
          assert.ok(isPhylumError(error, 'ERR_CONFIG_WRITE'))
          assert.match(error.message, /the file system is read-only$/)
          return true
        })
      }
      assert.ok((await readSettings(file, { log })).credential?.equals(secret(CANARY)))
    } finally {
      spawnSync('umount', [directory])
    }
  })
})

test(
  'J142 updateSettings() as root makes nothing in the home of another user',
  PATIENT,
  async (t) => {
    const reason = whyNotRoot()
    if (reason !== undefined) return t.skip(reason)
    await withTemporaryDirectory(async (directory) => {
      await chmod(directory, 0o755)
      const home = join(directory, 'home')
      await mkdir(home)
      await chown(home, 65534, 65534)
      const file = join(home, '.config/phylum/settings.yaml')
      await assert.rejects(updateSettings(file, { credential: secret(CANARY) }), (error) => {
        assert.ok(isPhylumError(error, 'ERR_CONFIG_WRITE'))
        assert.match(error.message, /home" belongs to the user with the id 65534$/)
        return true
      })
      assert.deepEqual(await readdir(home), [])
      // The twin: that user may.
      const result = await runChild(ACT, ['setToken', file, CANARY], { unprivileged: { home } })
      assert.equal(result.stdout, 'written\n', result.stderr)
      assert.equal((await stat(file)).uid, 65534)
      // Then root may read it, and neither write it nor go through a link to it.
      assert.ok((await readSettings(file, { log })).credential?.equals(secret(CANARY)))
      await symlink(file, join(directory, 'link.yaml'))
      for (const path of [file, join(directory, 'link.yaml')]) {
        await assert.rejects(updateSettings(path, { credential: null }), {
          code: 'ERR_CONFIG_WRITE',
        })
      }
      assert.equal((await stat(file)).uid, 65534)
    })
  },
)

test('J143 updateSettings() in a directory that is not writable says so', async (t) => {
  const reason = whyNotRoot()
  if (reason !== undefined) return t.skip(reason)
  await withTemporaryDirectory(async (directory) => {
    await chmod(directory, 0o755)
    const home = join(directory, 'home')
    await mkdir(home)
    await chown(home, 65534, 65534)
    const unprivileged = { home }
    const place = join(directory, 'place')
    await mkdir(place, { mode: 0o755 })
    for (const name of ['settings.yaml', 'deeper/settings.yaml']) {
      const result = await runChild(ACT, ['setToken', join(place, name), CANARY], { unprivileged })
      assert.match(result.stdout, /^ERR_CONFIG_WRITE .*permission denied\n$/, result.stderr)
    }
    assert.deepEqual(await readdir(place), [])
  })
})

/** How many processes write into one file, ten at a time. */
const PROCESSES = IS_SOAK ? 200 : 20

test(
  `J136 updateSettings() loses no change of ${PROCESSES} processes`,
  PATIENT,
  () =>
    withTemporaryDirectory(async (directory) => {
      const file = join(directory, 'settings.yaml')
      await writeFile(file, '# kept\nconnection:\n  uri: https://api.example\nkeys: {}\n')
      const keys = Array.from({ length: PROCESSES }, (_, index) => `k${index}`)
      const queue = [...keys]
      const work = async () => {
        for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
          assert.equal((await runChild(ACT, ['setKey', file, key])).stdout, 'written\n')
        }
      }
      await Promise.all(Array.from({ length: 10 }, work))
      const content = await readFile(file, 'utf8')
      assert.ok(content.startsWith('# kept\n'))
      for (const key of keys) assert.match(content, new RegExp(`\\b${key}: 1\\b`))
    }),
)

test(
  'J136 updateSettings() loses no change of 50 callers in one process',
  PATIENT,
  () =>
    withTemporaryDirectory(async (directory) => {
      const file = join(directory, 'settings.yaml')
      const increments = Array.from(
        { length: 50 },
        () =>
          updateSettings(file, (current) => ({ lastUpdate: (current.lastUpdate ?? 0) + 1 }), {
            timeout: 60_000,
          }),
      )
      await Promise.all(increments)
      assert.equal((await readSettings(file, { log })).lastUpdate, 50)
    }),
)

test('J136 without the lock changes are lost, so the tests above can fail', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await writeFile(file, 'connection:\n  uri: https://api.example\nlast_update: 0\n')
    const { SettingsDocument } = await import('../../src/config/settings_document.ts')
    const { writeFileAtomic } = await import('#config')
    const increment = async () => {
      const document = await SettingsDocument.parse(await readFile(file), file)
      const before = document.entry('last_update')?.value
      document.set(['last_update'], Number(before) + 1)
      await writeFileAtomic(file, document.toString())
    }
    await Promise.all(Array.from({ length: 50 }, increment))
    assert.notEqual((await readSettings(file, { log })).lastUpdate, 50)
  }))

test(
  'J137 readSettings() never meets a half-written file while another process replaces it',
  PATIENT,
  () =>
    withTemporaryDirectory(async (directory) => {
      const file = join(directory, 'settings.yaml')
      await updateSettings(file, { credential: secret(CANARY) })
      const writer = startChild(ACT, ['rewrite', file, '300'])
      let reads = 0
      const done = new Promise<number | null>((resolve) => writer.on('close', resolve))
      let ended = false
      void done.then(() => ended = true)
      const seen = new Set<number | null>()
      while (!ended) {
        const settings = await readSettings(file, { log })
        assert.ok(settings.credential?.equals(secret(CANARY)))
        seen.add(settings.lastUpdate)
        reads++
      }
      assert.equal(await done, 0)
      assert.ok(reads > 20 && seen.size > 5, `${reads} reads saw ${seen.size} versions`)
    }),
)

test('updateSettings() gives a hard link its own content', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await writeFile(join(directory, 'other'), 'connection:\n  uri: https://api.example\n')
    await link(join(directory, 'other'), file)
    await updateSettings(file, { credential: secret(CANARY) })
    assert.ok(!(await readFile(join(directory, 'other'), 'utf8')).includes(CANARY))
  }))

test('updateDocument() writes nothing that could not be read back', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    await updateSettings(file, { credential: secret(CANARY) })
    const before = await readFile(file, 'utf8')
    await assert.rejects(
      updateDocument(file, (document) => {
        document.set(['ignore_certs'], 'false')
        return true
      }),
      { code: 'ERR_CONFIG_TYPE' },
    )
    assert.equal(await readFile(file, 'utf8'), before)
  }))

test('updateSettings() turns a credential into a reference to the keyring and back, and the rest stays', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'settings.yaml')
    const log = createRecordingLog()
    const account = '5b6c1a2e-0000-4000-8000-0123456789ab' as KeyringAccount
    await writeFile(
      file,
      'connection:\n  uri: https://api.example # mine\nauth_info:\n  offline_access: old # comment\nother: 1\n',
      { mode: 0o600 },
    )
    await updateSettings(file, { credential: { keyring: account } })
    assert.match(
      await readFile(file, 'utf8'),
      /auth_info:\n {2}offline_access:.*\n {4}keyring: 5b6c1a2e-0000-4000-8000-0123456789ab\n/,
    )
    const settings = await readSettings(file, { log })
    assert.deepEqual([settings.credential, settings.keyring], [null, account])
    for (const credential of [null, Secret.parse('new', 'the test')]) {
      await updateSettings(file, { credential: { keyring: account } })
      await updateSettings(file, { credential })
      const text = await readFile(file, 'utf8')
      assert.match(text, new RegExp(`\n  offline_access: ${credential?.reveal() ?? 'null'}\n`))
      assert.match(text, /uri: https:\/\/api\.example # mine\n/)
      assert.match(text, /\nother: 1\n/)
      assert.equal((await readSettings(file, { log })).keyring, null)
    }
  }))

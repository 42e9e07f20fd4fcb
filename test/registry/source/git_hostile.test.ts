import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { PhylumError } from '#base'
import { fetchSource } from '../../../src/registry/source/fetch_source.ts'
import { createGitRunner } from '../../../src/registry/source/git_process.ts'
import type { GitSource } from '../../../src/registry/source/git_source.ts'
import { listGitTree, readGitTree } from '../../../src/registry/source/git_tree.ts'
import { writeTree } from '../../../src/registry/source/tree.ts'
import { createRepository } from '../../harness/git_repository.ts'
import type { GitRepository } from '../../harness/git_repository.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

/** What is attacked here is git, which is the same for both: once is enough for what takes a second each. */
const BUN_ONLY = 'Bun' in globalThis ? false : 'runs in the first runtime alone'

/** Where a test lets its attack leave a mark, and what it attacks with. */
interface Scene {
  directory: string
  repository: GitRepository
  mark: string
  /** Fetches the repository; answers the directory with what was fetched. */
  fetch(change?: Partial<GitSource>): Promise<string>
}

async function withScene(use: (scene: Scene) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const repository = createRepository(join(directory, 'repository'))
    const mark = join(directory, 'mark')
    async function fetch(change: Partial<GitSource> = {}): Promise<string> {
      const out = join(directory, 'out')
      const scratch = join(directory, 'scratch')
      for (const each of [out, scratch]) {
        rmSync(each, { recursive: true, force: true })
        mkdirSync(each)
      }
      try {
        await fetchSource(
          {
            kind: 'git',
            url: `file://${repository.path}`,
            ref: null,
            subdirectory: null,
            ...change,
          },
          out,
          {
            fetch: () => Promise.reject(new Error('git does this alone')),
            environment: { PATH: process.env['PATH'] },
            home: directory,
            log: createRecordingLog(),
            scratch,
          },
        )
        return out
      } catch (error) {
        assert.deepEqual(readdirSync(out), [])
        throw error
      } finally {
        assert.deepEqual(readdirSync(scratch), [])
      }
    }
    await use({ directory, repository, mark, fetch })
    assert.equal(existsSync(mark), false, 'the attack has left its mark')
  })
}

/** Writes a program that leaves the mark, as hooks and filters are. */
function writeMarker(path: string, mark: string): string {
  writeFileSync(path, `#!/bin/sh\ntouch ${mark}\ncat\n`)
  chmodSync(path, 0o755)
  return path
}

test('I108 fetchSource() starts no filter, and changes no byte of what was committed', {
  skip: BUN_ONLY,
}, () =>
  withScene(async ({ directory, repository, mark, fetch }) => {
    const files = {
      '.gitattributes': '* filter=evil text eol=crlf ident export-subst\n' +
        'gone export-ignore\n',
      'PhylumExt.toml': 'a\nb\n$Id$ $Format:%H$\n',
      'gone': 'here',
    }
    repository.commit(files)
    // What a clone does where the user has a filter of this name, as those of LFS have, and what an archive does.
    const marker = writeMarker(join(directory, 'filter'), mark)
    const config = ['-c', `filter.evil.smudge=${marker}`, '-c', 'filter.evil.required=true']
    execFileSync('git', [...config, 'clone', '-q', repository.path, join(directory, 'clone')], {
      stdio: 'ignore',
    })
    assert.equal(existsSync(mark), true)
    rmSync(mark)
    const archive = execFileSync('git', ['-C', repository.path, 'archive', 'HEAD']).toString()
    assert.doesNotMatch(archive, /\$Format:%H\$/)
    writeFileSync(join(directory, '.gitconfig'), `[filter "evil"]\n  smudge = ${marker}\n`)
    const out = await fetch()
    assert.deepEqual(readdirSync(out).sort(), ['PhylumExt.toml', 'gone'])
    assert.equal(readFileSync(join(out, 'PhylumExt.toml'), 'utf8'), files['PhylumExt.toml'])
  }))

test(
  'I108 fetchSource() starts no hook, monitor or program that a repository or a template names',
  { skip: BUN_ONLY },
  () =>
    withScene(async ({ directory, repository, mark, fetch }) => {
      repository.commit({ 'PhylumExt.toml': 'x' })
      const marker = writeMarker(join(directory, 'marker'), mark)
      const hooks = join(directory, 'hooks')
      mkdirSync(hooks)
      const names = ['post-checkout', 'reference-transaction', 'post-index-change', 'pre-auto-gc']
      for (const name of names) writeMarker(join(hooks, name), mark)
      const settings = `[core]\n  hooksPath = ${hooks}\n  fsmonitor = ${marker}\n` +
        `  sshCommand = ${marker}\n  gitProxy = ${marker}\n[uploadpack]\n  packObjectsHook = ${marker}\n` +
        `[init]\n  templateDir = ${directory}\n[credential]\n  helper = ${marker}\n`
      appendFileSync(join(repository.path, '.git/config'), settings)
      writeFileSync(join(directory, '.gitconfig'), settings)
      mkdirSync(join(directory, '.config/git'), { recursive: true })
      writeFileSync(join(directory, '.config/git/config'), settings)
      // git that is left alone starts one of them.
      const env = { ...process.env, HOME: directory }
      const clone = ['clone', '-q', `file://${repository.path}`, join(directory, 'clone')]
      try {
        execFileSync('git', clone, { env, stdio: 'ignore' })
      } catch {
        // What the marker answers is no pack.
      }
      assert.equal(existsSync(mark), true)
      rmSync(mark)
      assert.deepEqual(readdirSync(await fetch()), ['PhylumExt.toml'])
    }),
)

test(
  'I108 fetchSource() starts no transport that a URL could name',
  { skip: BUN_ONLY },
  () =>
    withScene(async ({ mark, fetch }) => {
      const refused = { code: 'ERR_REGISTRY_UNREACHABLE' }
      // parseSource() refuses them all; here it is asked what holds without it.
      await assert.rejects(fetch({ url: `ext::sh -c touch% ${mark}` }), refused)
      await assert.rejects(fetch({ url: `git::ext::sh -c touch% ${mark}` }), refused)
      await assert.rejects(fetch({ url: `--upload-pack=touch ${mark}` }), refused)
      await assert.rejects(fetch({ url: 'git://127.0.0.1:1/x' }), refused)
      await assert.rejects(fetch({ ref: `--upload-pack=touch ${mark}` }), {
        code: 'ERR_REGISTRY_SOURCE',
      })
    }),
)

test(
  'I107 I108 fetchSource() refuses links and submodules of a repository',
  { skip: BUN_ONLY },
  () =>
    withScene(async ({ repository, fetch }) => {
      const refuses = (message: RegExp, change?: Partial<GitSource>) =>
        assert.rejects(fetch(change), { code: 'ERR_REGISTRY_PATH', message })
      repository.commit({ 'PhylumExt.toml': 'x', 'out': { link: '/etc' }, 'a/b': 'x' })
      await refuses(/"out" is a link$/)
      await fetch({ subdirectory: 'a' })
      await assert.rejects(fetch({ subdirectory: 'out' }), { code: 'ERR_REGISTRY_SOURCE' })
      const commit = repository.commit({
        'PhylumExt.toml': 'x',
        '.gitmodules': '[submodule "s"]\n  path = "s\\r"\n  url = ext::sh -c touch% x\n',
        '.link': { link: '/etc' },
      })
      repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},s`)
      repository.git('commit', '-qm', 'x')
      await refuses(/"s" is a submodule$/)
      repository.git('update-index', '--force-remove', 's')
      repository.git('commit', '-qm', 'x')
      assert.deepEqual(readdirSync(await fetch()), ['PhylumExt.toml'])
    }),
)

test(
  'I107 fetchSource() refuses a tree that git itself would not make',
  { skip: BUN_ONLY },
  () =>
    withScene(async ({ directory, repository, fetch }) => {
      repository.commit({ 'PhylumExt.toml': 'x' })
      const blob = repository.git('rev-parse', 'HEAD:PhylumExt.toml')
      const entry = (name: string | Uint8Array, object = blob, mode = '100644') =>
        Buffer.concat([
          Buffer.from(`${mode} `),
          Buffer.from(name),
          Buffer.from([0]),
          Buffer.from(object, 'hex'),
        ])
      const write = (...entries: Buffer[]): string =>
        execFileSync('git', ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], {
          cwd: repository.path,
          input: Buffer.concat(entries),
        }).toString().trim()
      // Read where it is: git would carry most of them from one repository to another, as they are.
      const git = createGitRunner('git', {
        directory: join(repository.path, '.git'),
        environment: { PATH: process.env['PATH'] ?? '' },
        shown: 'x',
      })
      const refuse = (state: string) => new PhylumError('ERR_REGISTRY_PATH', state)
      mkdirSync(join(directory, 'tree'))
      async function refuses(message: RegExp, ...entries: Buffer[]): Promise<void> {
        const listing = await listGitTree(git, write(...entries))
        const tree = readGitTree(git, listing, refuse)
        const written = writeTree(tree, join(directory, 'tree'), { refuse, isBelowTop: false })
        await assert.rejects(written, { code: 'ERR_REGISTRY_PATH', message }, String(message))
        assert.deepEqual(readdirSync(join(directory, 'tree')), [])
      }
      const inner = write(entry('x'))
      await refuses(/leads out/, entry('..', inner, '40000'))
      await refuses(/leads out/, entry('../x'))
      await refuses(/absolute/, entry('/etc/x'))
      await refuses(/not plain/, entry('.', inner, '40000'))
      await refuses(/backslash/, entry('a\\b'))
      await refuses(/control character/, entry('a\nb'))
      await refuses(/not UTF-8/, entry(new Uint8Array([0xff])))
      await refuses(/in it twice/, entry('a'), entry('a'))
      await refuses(/differ only in case/, entry('A'), entry('a'))
      await refuses(/drive letter/, entry('C:', inner, '40000'))
      await refuses(/holds no file/, entry('.git', inner, '40000'))
      await refuses(/too deep/, entry(`${'a/'.repeat(70)}x`))
      const commit = repository.git('commit-tree', '-m', 'x', write(entry('../x')))
      repository.git('update-ref', 'refs/heads/main', commit)
      await assert.rejects(fetch(), { code: 'ERR_REGISTRY_PATH', message: /leads out/ })
    }),
)

const NOT_ROOT = process.geteuid?.() === 0
  ? false
  : 'only root can give a repository to another user'

test(
  'I108 fetchSource() refuses the repository of another user',
  { skip: NOT_ROOT },
  () =>
    withScene(async ({ repository, fetch }) => {
      repository.commit({ 'PhylumExt.toml': 'x' })
      await fetch()
      chownSync(join(repository.path, '.git'), 65534, 65534)
      await assert.rejects(fetch(), {
        code: 'ERR_REGISTRY_SOURCE',
        message: /another user \(65534\)/,
      })
    }),
)

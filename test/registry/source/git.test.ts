import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { after, before, test } from 'node:test'
import { fetchSource } from '../../../src/registry/source/fetch_source.ts'
import type { Expected, Fetched } from '../../../src/registry/source/fetched.ts'
import { parseSource } from '../../../src/registry/source/source.ts'
import { createRepository } from '../../harness/git_repository.ts'
import type { GitRepository } from '../../harness/git_repository.ts'
import { startGitServer } from '../../harness/git_server.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { startWebServer } from '../../harness/web_server.ts'
import type { WebServer } from '../../harness/web_server.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

/** What git itself does is the same for both: once is enough for what takes a second each. */
const BUN_ONLY = 'Bun' in globalThis ? false : 'runs in the first runtime alone'

let root: string
let repository: GitRepository
let first: string
let second: string
let server: WebServer
let guarded: WebServer

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'phylum-git-'))
  repository = createRepository(join(root, 'team/x'))
  first = repository.commit({ 'PhylumExt.toml': 'first', 'tool': { program: '#!' }, '.env': 'x' })
  repository.git('tag', '-a', '-m', 'x', 'v1')
  repository.git('tag', 'plain')
  second = repository.commit({ 'PhylumExt.toml': 'second', 'extensions/a/main.ts': 'a\r\n' })
  repository.git('branch', 'feature/a')
  createRepository(join(root, 'empty'))
  server = await startGitServer(root)
  guarded = await startGitServer(root, { password: 'hunter2' })
})

after(async () => {
  await server.stop()
  await guarded.stop()
  rmSync(root, { recursive: true, force: true })
})

interface Options {
  expected?: Expected
  environment?: Record<string, string>
  netrc?: string
}

/** Fetches from a repository; answers what was fetched, and the files. */
async function fetchRepository(
  text: string,
  { expected, environment, netrc }: Options = {},
): Promise<Fetched & { files: Record<string, string> }> {
  return await withTemporaryDirectory(async (home) => {
    for (const name of ['out', 'scratch']) mkdirSync(join(home, name))
    if (netrc !== undefined) writeFileSync(join(home, '.netrc'), netrc, { mode: 0o600 })
    const out = join(home, 'out')
    try {
      const source = parseSource(text, { workingDirectory: home, home })
      const fetched = await fetchSource(source, out, {
        fetch: () => Promise.reject(new Error('git does this alone')),
        environment: { PATH: process.env['PATH'], ...environment },
        home,
        log: createRecordingLog(),
        scratch: join(home, 'scratch'),
      }, expected)
      const paths = (readdirSync(out, { recursive: true }) as string[])
        .filter((path) => statSync(join(out, path)).isFile()).sort()
      const entries = paths.map((path) => [path, readFileSync(join(out, path), 'utf8')])
      return { ...fetched, files: Object.fromEntries(entries) }
    } catch (error) {
      assert.deepEqual(readdirSync(out), [])
      throw error
    } finally {
      assert.deepEqual(readdirSync(join(home, 'scratch')), [])
    }
  })
}

const FIRST = { 'PhylumExt.toml': 'first', 'tool': '#!' }
const SECOND = { 'PhylumExt.toml': 'second', 'extensions/a/main.ts': 'a\r\n' }

test('fetchSource() fetches a branch, a tag, a commit, a directory, over http and from a file', async () => {
  const web = `git+${server.origin}/team/x.git`
  const file = `git+file://${root}/team/x`
  const cases: [string, string, string, string, Record<string, string>][] = [
    [web, '', second, '', SECOND],
    [web, '#v1', first, '', FIRST],
    [web, '#feature/a//extensions/a', second, '//extensions/a', { 'main.ts': 'a\r\n' }],
    [file, '#refs/heads/main', second, '', SECOND],
    [file, '#refs/tags/v1', first, '', FIRST],
    [file, '#plain', first, '', FIRST],
    [file, `#${first}`, first, '', FIRST],
  ]
  for (const [address, rest, commit, inner, files] of cases) {
    const fetched = await fetchRepository(address + rest)
    assert.equal(fetched.resolved, `${address}#${commit}${inner}`, rest)
    assert.deepEqual(fetched.files, files, rest)
  }
})

test(
  'fetchSource() fetches a commit in the past of a branch, also from a server that hands out no such thing',
  { skip: BUN_ONLY },
  async () => {
    const repository = createRepository(join(root, 'past'))
    const commit = repository.commit({ 'PhylumExt.toml': 'past' })
    repository.commit({ 'PhylumExt.toml': 'present' })
    const old = await startGitServer(root, { isOld: true })
    try {
      for (const { origin } of [old, server]) {
        const { files } = await fetchRepository(`git+${origin}/past.git#${commit}`)
        assert.deepEqual(files, { 'PhylumExt.toml': 'past' })
      }
    } finally {
      await old.stop()
    }
  },
)

test('I110 fetchSource() fetches the commit that was locked, wherever its tag points by now', async () => {
  const text = `git+file://${root}/team/x`
  const { resolved } = await fetchRepository(`${text}#plain`)
  const moved = await fetchRepository(`${text}#main`, {
    expected: { resolved: `${text}#${first}` },
  })
  assert.equal(moved.resolved, resolved)
  assert.deepEqual(moved.files, FIRST)
  const integrity = { code: 'ERR_REGISTRY_INTEGRITY', message: /which is something else/ }
  const others = [
    `${text}2#${first}`,
    `${text}#${first}//a`,
    `${text}#main`,
    'git+https://x.example/r',
  ]
  for (const other of others) {
    await assert.rejects(fetchRepository(text, { expected: { resolved: other } }), integrity, other)
  }
  const gone = { code: 'ERR_REGISTRY_SOURCE', message: /has no commit 0123456789ab/ }
  const lost = `${text}#${'0123456789abcdef'.repeat(3).slice(0, 40)}`
  await assert.rejects(fetchRepository(text, { expected: { resolved: lost } }), gone)
})

test('fetchSource() says in one line what is wrong with a repository', async () => {
  const gone = await startWebServer(() => {})
  await gone.stop()
  const web = `git+${server.origin}`
  const file = `git+file://${root}/team/x`
  const cases: [string, string, RegExp][] = [
    [`${web}/team/none.git`, 'ERR_REGISTRY_SOURCE', /no such repository, or it is private$/],
    [`${web}/empty.git`, 'ERR_REGISTRY_SOURCE', /it is empty$/],
    [`${file}#none`, 'ERR_REGISTRY_SOURCE', /no branch or tag "none"$/],
    [`${file}#${first.slice(0, 8)}`, 'ERR_REGISTRY_SOURCE', /no branch or tag/],
    [`${file}//none`, 'ERR_REGISTRY_SOURCE', /no such directory in commit/],
    [`${file}//PhylumExt.toml`, 'ERR_REGISTRY_SOURCE', /no such directory in commit/],
    [`git+${gone.origin}/x.git`, 'ERR_REGISTRY_UNREACHABLE', /refused the connection$/],
    [`git+file://${root}/none`, 'ERR_REGISTRY_SOURCE', /does not exist$/],
    [`git+file://${root}/team`, 'ERR_REGISTRY_SOURCE', /no such repository/],
  ]
  for (const [text, code, message] of cases) {
    await assert.rejects(fetchRepository(text), { code, message }, text)
  }
  await assert.rejects(fetchRepository(web + '/team/x.git', { environment: { PATH: 'bin:.:' } }), {
    code: 'ERR_REGISTRY_UNREACHABLE',
    message: /no program "git" on the PATH/,
  })
  repository.git('branch', 'plain', 'main')
  await assert.rejects(fetchRepository(`${file}#plain`), {
    code: 'ERR_REGISTRY_SOURCE',
    message: /is a branch and a tag$/,
  })
  repository.git('branch', '-D', 'plain')
})

test('fetchSource() logs in to a private repository with the ~/.netrc of its host alone', {
  skip: BUN_ONLY,
}, async () => {
  const { host, hostname } = new URL(guarded.origin)
  const text = `git+${guarded.origin}/team/x.git#v1`
  const login = 'login git password hunter2\n'
  assert.equal(host.startsWith(hostname), true)
  const fetched = await fetchRepository(text, { netrc: `machine ${hostname} ${login}` })
  assert.deepEqual(fetched.files, FIRST)
  const refused = { code: 'ERR_REGISTRY_UNREACHABLE', message: /it is private, or not there$/ }
  await assert.rejects(fetchRepository(text), refused)
  await assert.rejects(fetchRepository(text, { netrc: `machine other.example ${login}` }), refused)
  await assert.rejects(
    fetchRepository(text, { netrc: `machine ${hostname} login git password wrong\n` }),
    refused,
  )
})

test('I109 fetchSource() follows no redirect of a repository, and takes no credential along', {
  skip: BUN_ONLY,
}, async () => {
  const elsewhere = await startGitServer(root)
  const redirecting = await startWebServer((request, response) => {
    response.writeHead(302, { location: `${elsewhere.origin}${request.url}` }).end()
  })
  try {
    const netrc = 'machine 127.0.0.1 login git password hunter2\n'
    await assert.rejects(fetchRepository(`git+${redirecting.origin}/team/x.git`, { netrc }), {
      code: 'ERR_REGISTRY_UNREACHABLE',
      message: /redirects to another place/,
    })
    assert.deepEqual(elsewhere.seen, [])
  } finally {
    await redirecting.stop()
    await elsewhere.stop()
  }
})

test(
  'I109 fetchSource() asks no credential helper, and nobody at the terminal',
  { skip: BUN_ONLY },
  () =>
    withTemporaryDirectory(async (directory) => {
      const mark = join(directory, 'asked')
      const helper = join(directory, 'helper')
      writeFileSync(helper, `#!/bin/sh\ntouch ${mark}\necho username=git\necho password=hunter2\n`)
      chmodSync(helper, 0o755)
      const config = join(directory, 'gitconfig')
      writeFileSync(config, `[credential]\n  helper = ${helper}\n[core]\n  askPass = ${helper}\n`)
      const environment = {
        GIT_CONFIG_GLOBAL: config,
        GIT_CONFIG_SYSTEM: config,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'credential.helper',
        GIT_CONFIG_VALUE_0: helper,
        GIT_ASKPASS: helper,
        SSH_ASKPASS: helper,
        XDG_CONFIG_HOME: directory,
      }
      const text = `git+${guarded.origin}/team/x.git`
      // What git does when it is left alone.
      const { execFile } = await import('node:child_process')
      const env = { ...environment, PATH: process.env['PATH'] }
      await new Promise((done) => execFile('git', ['ls-remote', text.slice(4)], { env }, done))
      assert.equal(existsSync(mark), true)
      rmSync(mark)
      await assert.rejects(fetchRepository(text, { environment }), {
        code: 'ERR_REGISTRY_UNREACHABLE',
      })
      assert.equal(existsSync(mark), false)
    }),
)

test('fetchSource() uses ssh with the agent, and lets it ask nobody', () =>
  withTemporaryDirectory(async (directory) => {
    // Stands in for ssh and the server behind it: says how it was called, and serves the repository.
    writeFileSync(
      join(directory, 'ssh'),
      `#!/bin/sh\nprintf '%s\\n' "$@" > ${directory}/words\nenv > ${directory}/env\n` +
        `cd ${root}\nfor last; do :; done\nexec sh -c "$last"\n`,
    )
    chmodSync(join(directory, 'ssh'), 0o755)
    const environment = {
      PATH: `${directory}:${process.env['PATH']}`,
      SSH_AUTH_SOCK: '/run/agent',
      SSH_ASKPASS: '/bin/evil',
      GIT_SSH_COMMAND: 'evil',
      PHYLUM_API_KEY: 'ph0_secret',
    }
    const fetched = await fetchRepository('git@h.example:team/x#v1', { environment })
    assert.deepEqual(fetched.files, FIRST)
    assert.equal(fetched.resolved, `git@h.example:team/x#${first}`)
    const words = readFileSync(join(directory, 'words'), 'utf8').split('\n')
    assert.ok(words.includes('-oBatchMode=yes') && words.includes('-oForwardAgent=no'))
    assert.ok(words.includes('git@h.example'))
    const passed = readFileSync(join(directory, 'env'), 'utf8')
    assert.match(passed, /^SSH_AUTH_SOCK=\/run\/agent$/m)
    assert.doesNotMatch(passed, /ASKPASS=\/bin\/evil|ph0_secret/)
  }))

import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { PhylumError } from '#base'
import { findProject } from '../../../src/registry/team/find_project.ts'
import { parseTeamFile, readTeamFile } from '../../../src/registry/team/read_team_file.ts'
import { runChild, whyNotRoot } from '../../harness/child.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const PLACE = {
  teamFile: '/repository/phylum-extensions.toml',
  directory: '/repository',
  home: '/home/ada',
}

const parse = (text: string) => parseTeamFile(new TextEncoder().encode(text), PLACE)

async function failure(text: string): Promise<string> {
  try {
    await parse(text)
  } catch (error) {
    assert.ok(error instanceof PhylumError && error.code === 'ERR_REGISTRY_LOCK', String(error))
    return error.message
  }
  assert.fail(`nothing wrong with ${text}`)
}

test('parseTeamFile() reads names and sources, in the order of the names', async () => {
  const entries = await parse(`
# what we use
[extensions]
report = "github:acme/tools#v2//report"
groups = "npm:@team/groups@^1.2"
audit = "./tools/audit"
`)
  assert.deepEqual(entries.map(({ name, text }) => [name, text]), [
    ['audit', './tools/audit'],
    ['groups', 'npm:@team/groups@^1.2'],
    ['report', 'github:acme/tools#v2//report'],
  ])
  assert.deepEqual(entries[0]!.source, { kind: 'directory', path: '/repository/tools/audit' })
  assert.equal(entries[0]!.where, '/repository/phylum-extensions.toml:6:1')
  assert.deepEqual(await parse(''), [])
  assert.deepEqual(await parse('schema = 1\n[extensions]\n'), [])
})

test('parseTeamFile() says what is wrong, and where', async () => {
  assert.equal(
    await failure('[extensions]\ngroups = "groups"\n'),
    'Cannot use list of extensions /repository/phylum-extensions.toml:2:1: Cannot use source "groups": a bare name is no source; use "npm:groups" for the package of this name',
  )
  assert.match(await failure('[extensions]\nGroups = "./x"\n'), /:2:1: "Groups" is not the name/)
  assert.match(await failure('[extensions]\nx = 1\n'), /:2:1: "extensions\.x" must be a string/)
  assert.match(await failure('[extensions]\nx = ""\n'), /:2:1: .*must not be empty/)
  assert.match(await failure('[extensions.x]\nsource = "./x"\n'), /must be a string, not a table/)
  assert.match(await failure('extensions = ["./x"]\n'), /:1:1: "extensions" must be a table/)
  assert.match(await failure('[extension]\nx = "./x"\n'), /:1:1: .*did you mean "extensions"\?/)
  assert.match(await failure('schema = 7\n'), /"schema" is 7, and this phylum knows 1/)
  assert.match(
    await failure('[extensions]\n<<<<<<< ours\nx = "./x"\n'),
    /:2:1: A conflict of a merge/,
  )
  assert.match(await failure('[extensions]\nx = "./x"\nx = "./y"\n'), /:3:\d+: Not valid TOML/)
  assert.match(await failure('[extensions]\n__proto__ = "./x"\n'), /Not valid TOML|not the name/)
  const two = await failure('[extensions]\na = "a"\nb = "ftp:b"\n')
  assert.deepEqual(two.split('\n').length, 3)
})

test('findProject() finds the nearest file upward', async () => {
  await withTemporaryDirectory((directory) => {
    const inner = join(directory, 'a/b/c')
    mkdirSync(inner, { recursive: true })
    assert.equal(findProject(inner), undefined)
    writeFileSync(join(directory, 'phylum-extensions.toml'), '')
    assert.equal(findProject(inner)?.directory, directory)
    writeFileSync(join(directory, 'a/phylum-extensions.toml'), '')
    assert.deepEqual(findProject(inner), {
      directory: join(directory, 'a'),
      teamFile: join(directory, 'a/phylum-extensions.toml'),
      lockFile: join(directory, 'a/phylum-extensions.lock'),
    })
    return Promise.resolve()
  })
})

test('B19 findProject() passes over a file in a directory like /tmp, which anybody could have put there', async () => {
  await withTemporaryDirectory((directory) => {
    const inner = join(directory, 'mine')
    mkdirSync(inner)
    writeFileSync(join(directory, 'phylum-extensions.toml'), '')
    assert.equal(findProject(inner)?.directory, directory)
    chmodSync(directory, 0o1777)
    assert.equal(findProject(inner), undefined)
    return Promise.resolve()
  })
})

test(
  'B19 findProject() refuses the file of another user, unless it is root who asks',
  { skip: whyNotRoot() ?? false },
  async () => {
    await withTemporaryDirectory(async (directory) => {
      chmodSync(directory, 0o755)
      writeFileSync(join(directory, 'phylum-extensions.toml'), '')
      const find = async () => {
        const script = new URL('./find_project_child.ts', import.meta.url)
        const { code, stdout, stderr } = await runChild(script, [directory], {
          unprivileged: { home: directory },
        })
        assert.equal(code, 0, stderr)
        return stdout.trim()
      }
      assert.equal(await find(), directory, "root's file is believed")
      chownSync(join(directory, 'phylum-extensions.toml'), 12345, 12345)
      assert.equal(await find(), 'ERR_REGISTRY_LOCK')
      assert.equal(findProject(directory)?.directory, directory)
      assert.equal(process.geteuid?.(), 0)
    })
  },
)

test('readTeamFile() refuses what is no regular file', async () => {
  await withTemporaryDirectory(async (directory) => {
    mkdirSync(join(directory, 'phylum-extensions.toml'))
    await assert.rejects(readTeamFile(findProject(directory)!, '/'), {
      code: 'ERR_REGISTRY_LOCK',
      message: /it is a directory/,
    })
  })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, readFile, realpath, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isPhylumError } from '#base'
import { PROJECT_FILE, readCurrentProject, writeCurrentProject } from '#config'
import { runChild, whyNotRoot } from '../harness/child.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

const ID = 'd84b0bb3-fb64-43cb-a473-dc96b54db662'
const LINK = {
  id: ID,
  name: 'cli',
  createdAt: '2023-06-30T14:51:32.604505-05:00',
  groupName: 'integrations',
  organizationName: null,
}
// As the Rust CLI writes it.
const WRITTEN = `id: ${ID}
name: cli
created_at: 2023-06-30T14:51:32.604505-05:00
group_name: integrations
lockfiles:
- path: ./Cargo.lock
  type: cargo
`

/** Gives the message with which a content is refused. */
async function refusal(content: string | Uint8Array): Promise<string> {
  return await withTemporaryDirectory(async (directory) => {
    await writeFile(join(directory, PROJECT_FILE), content)
    const error = await readCurrentProject(directory).then(() => undefined, (error) => error)
    assert.ok(isPhylumError(error), String(error))
    assert.match(error.code, /^ERR_CONFIG_(READ|SYNTAX|TYPE)$/)
    assert.ok(!error.message.includes('\n'), error.message)
    return error.message.replace(await realpath(directory), '')
  })
}

test('readCurrentProject() finds the nearest file upward, and reads what the Rust CLI writes', async () => {
  await withTemporaryDirectory(async (directory) => {
    const inner = join(directory, 'a', 'b')
    await mkdir(join(inner, 'c', PROJECT_FILE), { recursive: true })
    assert.equal(await readCurrentProject(inner), null)
    await writeFile(join(directory, PROJECT_FILE), WRITTEN)
    const root = await realpath(directory)
    assert.deepEqual(await readCurrentProject(join(inner, 'c')), { ...LINK, root })
    await writeFile(join(inner, PROJECT_FILE), WRITTEN.replace('integrations', 'null'))
    const nearest = await readCurrentProject(inner)
    assert.deepEqual(nearest, { ...LINK, groupName: null, root: join(root, 'a', 'b') })
    // Upward of where one really stands, whatever link led there.
    await mkdir(join(directory, 'other'))
    await symlink(join(inner, 'c'), join(directory, 'other', 'link'))
    const linked = await readCurrentProject(join(directory, 'other', 'link'))
    assert.equal(linked?.root, join(root, 'a', 'b'))
    assert.equal(await readCurrentProject(join(directory, 'gone')), null)
  })
})

test('readCurrentProject() takes a file without group, and one whose last line has no end', async () => {
  await withTemporaryDirectory(async (directory) => {
    const text = `created_at: 2026-01-31T12:00:00Z\nname: "x y"\nid: ${ID.toUpperCase()}`
    await writeFile(join(directory, PROJECT_FILE), text)
    const project = await readCurrentProject(directory)
    assert.equal(project?.id, ID)
    assert.equal(project?.groupName, null)
  })
})

test('readCurrentProject() refuses hostile content with its place', async () => {
  const cases: [string | Uint8Array, RegExp][] = [
    ['', /project file "\/\.phylum_project:1:1": the file is empty/],
    ['- a\n', /:1:1": the file is a list, not a map/],
    ['id: [\n', /:2:1"/],
    [`id: ${ID}\nname: &a x\n`, /:2:10": anchors/],
    [`id: ${ID}\nname: !!js/function x\n`, /:2:\d+": tags/],
    [`id: ${ID}\nid: ${ID}\n`, /:2:1": this key occurs twice/],
    [WRITTEN.replace(ID, '../../groups'), /:1:5": "id" is not the UUID/],
    [WRITTEN.replace(ID, '17'), /:1:5": "id" is not the UUID/],
    [WRITTEN.replace('cli', String.raw`"\e]52;c;eA==\a"`), /:2:7": "name" is not a text/],
    [WRITTEN.replace('cli', 'a\u202eb'), /:2:7": "name" is not a text/],
    [WRITTEN.replace('cli', 'x'.repeat(257)), /:2:7": "name" is not a text/],
    [WRITTEN.replace('integrations', '[a]'), /:4:13": "group_name" is a list/],
    [WRITTEN.replace(/2023.*/, 'yesterday'), /:3:13": "created_at" is not a time/],
    [WRITTEN.replace(/name: cli\n/, ''), /:1:1": "name" is missing/],
    [new Uint8Array([0x69, 0x64, 0x3a, 0x20, 0xff, 0x0a]), /:1:5": a byte is not UTF-8/],
    ['#'.repeat(70_000), /it is larger than 64 KiB/],
    [`a: ${'['.repeat(99)}${']'.repeat(99)}\n`, /nested too deeply/],
  ]
  for (const [content, wanted] of cases) assert.match(await refusal(content), wanted)
})

test('readCurrentProject() and writeCurrentProject() say what to do about a file that cannot be understood', async () => {
  await withTemporaryDirectory(async (directory) => {
    const file = join(directory, PROJECT_FILE)
    const text = 'id: [\n'
    await writeFile(file, text)
    const mend = { code: 'ERR_CONFIG_SYNTAX', hints: [/^mend it; or remove it, /] }
    const act = async (work: Promise<unknown>) => {
      const error = await work.then(() => undefined, (each) => each)
      assert.equal(error.code, mend.code)
      assert.match(error.hints[0], mend.hints[0]!)
    }
    await act(readCurrentProject(directory))
    await act(writeCurrentProject(directory, LINK))
    assert.equal(await readFile(file, 'utf8'), text)
  })
})

test('readCurrentProject() does not wait for a pipe, nor follow a link to nothing', async () => {
  await withTemporaryDirectory(async (directory) => {
    const file = join(directory, PROJECT_FILE)
    assert.equal(spawnSync('mkfifo', [file]).status, 0)
    await assert.rejects(readCurrentProject(directory), /it is not a regular file/)
    const other = join(directory, 'a')
    await mkdir(other)
    await symlink('nowhere', join(other, PROJECT_FILE))
    await assert.rejects(readCurrentProject(other), /a symbolic link to a file that does not exist/)
  })
})

test('writeCurrentProject() writes what it reads, and keeps what else the file says', async () => {
  await withTemporaryDirectory(async (directory) => {
    const file = await writeCurrentProject(directory, LINK)
    const root = await realpath(directory)
    assert.deepEqual(await readCurrentProject(directory), { ...LINK, root })
    assert.equal(await readFile(file, 'utf8'), WRITTEN.replace(/lockfiles[^]*/, ''))
    assert.equal((await stat(file)).mode & 0o777, 0o644)
    await writeFile(file, `# ours\n${WRITTEN}`)
    await writeCurrentProject(directory, { ...LINK, name: 'new: "one"', organizationName: 'acme' })
    const text = await readFile(file, 'utf8')
    assert.match(text, /^# ours\nid: .*\nname: 'new: "one"'\n[^]*- path: \.\/Cargo\.lock/)
    assert.equal((await readCurrentProject(directory))?.organizationName, 'acme')
    await writeCurrentProject(directory, { ...LINK, groupName: null })
    const last = await readCurrentProject(directory)
    assert.deepEqual([last?.groupName, last?.organizationName], [null, null])
  })
})

test('writeCurrentProject() writes through no link', async () => {
  await withTemporaryDirectory(async (directory) => {
    const victim = join(directory, 'victim')
    await writeFile(victim, 'mine\n')
    await symlink(victim, join(directory, PROJECT_FILE))
    await assert.rejects(writeCurrentProject(directory, LINK), /it is a symbolic link/)
    assert.equal(await readFile(victim, 'utf8'), 'mine\n')
  })
})

test('readCurrentProject() refuses the file of another user, except for root', {
  skip: whyNotRoot(),
}, async () => {
  await withTemporaryDirectory(async (directory) => {
    await chmod(directory, 0o755)
    const file = join(directory, PROJECT_FILE)
    await writeFile(file, WRITTEN)
    await chown(file, 65533, 65533)
    const act = new URL('./fixtures/act.ts', import.meta.url)
    assert.equal((await runChild(act, ['project', directory])).stdout, 'cli\n')
    const unprivileged = { home: directory }
    const refused = await runChild(act, ['project', directory], { unprivileged })
    assert.match(refused.stdout, /^ERR_CONFIG_READ .*it belongs to the user with the id 65533/)
    await chown(file, 65534, 65534)
    assert.equal((await runChild(act, ['project', directory], { unprivileged })).stdout, 'cli\n')
  })
})

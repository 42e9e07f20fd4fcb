import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPolicy } from '../../../src/server/policy/read_policy.ts'
import { withPages } from '../../harness/pages.ts'
import type { Pages, Visitor } from '../../harness/pages.ts'

const policy = await readPolicy(
  new TextEncoder().encode('[[packages]]\nname = "event-stream"\nreason = "it stole"\n'),
  'policy.toml',
)

async function userIdOf({ store }: Pages, name: string): Promise<string> {
  return (await store.findUser(`${name}@example.org`))!.id
}

test(
  'projects and jobs are shown to those who may see them, and to nobody else',
  withPages(async (pages) => {
    const { store } = pages
    const [ann, bob] = [await pages.signUp('ann'), await pages.signUp('bob')]
    const userId = await userIdOf(pages, 'ann')
    assert.match((await ann.get('/projects')).text, /No projects yet/)
    const details = { name: 'web', repositoryUrl: null, defaultLabel: null }
    const project = await store.createProject({ userId }, details)
    assert.match((await ann.get(`/projects/${project}`)).text, /Nothing was analyzed yet/)
    const send = (name: string) =>
      store.createJob({
        projectId: project!,
        userId,
        label: 'main',
        packages: JSON.stringify([{ registry: 'npm', name, version: '1', license: null }]),
        ecosystems: 'npm',
      })
    const [good, bad] = [await send('left-pad'), await send('event-stream')]
    assert.match((await ann.get('/projects')).text, /href="\/projects\/[^]*npm/)
    const page = await ann.get(`/projects/${project}`)
    assert.ok(page.text.includes(`href="/jobs/${good}"`))
    assert.match((await ann.get(`/jobs/${good}`)).text, /Passed[^]*Nothing is refused/)
    const failed = await ann.get(`/jobs/${bad}`)
    assert.match(failed.text, /Failed[^]*event-stream is refused[^]*rule packages\[0\][^]*it stole/)
    for (const path of [`/projects/${project}`, `/jobs/${bad}`]) {
      const theirs = await bob.get(path)
      const none = await bob.get(path.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000'))
      assert.equal(theirs.status, 404)
      assert.equal(theirs.text, none.text)
    }
    assert.match((await bob.get('/projects')).text, /No projects yet/)
    assert.equal((await pages.visit().get('/projects')).status, 303)
  }, { policy }),
)

test(
  'a group of an organization has its page, takes its members alone, and says what goes with it',
  withPages(async (pages) => {
    const { store } = pages
    const ann: Visitor = await pages.signUp('ann')
    await pages.signUp('bob')
    const userId = await userIdOf(pages, 'ann')
    const organization = await store.createOrganization(userId, 'acme')
    const group = await store.createGroup(userId, 'acme/blue', organization!.id)
    await store.createProject(
      { groupId: group!.id },
      { name: 'web', repositoryUrl: null, defaultLabel: null },
    )
    assert.match((await ann.get('/groups')).text, /href="\/groups\/acme%2Fblue"/)
    const path = '/groups/acme%2Fblue'
    assert.match((await ann.get(path)).text, /<h1><bdi>acme\/blue<\/bdi>/)
    const add = () => ann.do(path, { email: 'bob@example.org' }, `${path}/members`)
    const refused = await add()
    assert.equal(refused.status, 422)
    assert.match(refused.text, /No member of its organization has this email/)
    await store.addOrganizationMember(organization!.id, await userIdOf(pages, 'bob'), 'member')
    assert.match((await add()).text, /Member added/)
    assert.match((await ann.get(`${path}/delete`)).text, /Its projects go with it\./)
    const gone = await ann.do(`${path}/delete`, { confirmation: 'acme/blue' })
    assert.match(gone.text, /Group deleted/)
  }),
)

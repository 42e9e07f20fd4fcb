import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPolicy } from '../../src/server/policy/read_policy.ts'
import { MAX_JOBS } from '../../src/server/store/jobs.ts'
import { assertRefused, NOON, withApi } from '../harness/api.ts'
import type { Person } from '../harness/api.ts'

const JOBS = '/api/v0/data/jobs'
const BAD = { name: 'event-stream', version: '3.3.6', type: 'npm' }
const policy = await readPolicy(
  new TextEncoder().encode(`
[[packages]]
name = "event-stream"
versions = "3.3.6"
reason = "it stole wallets"
[licenses]
deny = ["AGPL-*"]
`),
  'policy.toml',
)

async function createProject(person: Person, body: Record<string, unknown>): Promise<string> {
  return (await person.ask('POST', '/api/v0/data/projects', body)).body.id
}

async function submit(person: Person, body: Record<string, unknown>): Promise<string> {
  const reply = await person.ask('POST', JOBS, body)
  assert.equal(reply.status, 201, reply.text)
  assert.deepEqual(Object.keys(reply.body), ['job_id'])
  return reply.body.job_id
}

test(
  'a job is sent, and judged by the policy',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const project = await createProject(ann, { name: 'web', default_label: 'main' })
    // In each of the forms that clients send.
    const packages = [
      { ...BAD, lockfile: 'package-lock.json' },
      { name: 'left-pad', version: '1.3.0', registry: 'npm', license: 'AGPL-3.0-only' },
      { purl: 'pkg:pypi/django@4.0', origin: 'requirements.txt' },
      { name: 'rails', version: '7.0', type: 'gem' },
    ]
    const id = await submit(ann, { packages, project, is_user: true })
    const { body: raw } = await ann.ask('POST', `${JOBS}/${id}/policy/evaluate/raw`, {
      ignored_packages: [],
    })
    assert.equal(raw.is_failure, true)
    assert.equal(raw.incomplete_packages_count, 0)
    assert.equal(raw.job_link, `http://localhost:4000/jobs/${id}`)
    type Dependency = { purl: string; rejections: { title: string }[] }
    assert.deepEqual(
      raw.dependencies.map(({ purl, rejections }: Dependency) => [purl, rejections.length]),
      [
        ['pkg:npm/event-stream@3.3.6', 1],
        ['pkg:npm/left-pad@1.3.0', 1],
        ['pkg:pypi/django@4.0', 0],
        ['pkg:gem/rails@7.0', 0],
      ],
    )
    assert.equal(raw.dependencies[0].rejections[0].source.tag, 'packages[0]')
    for (const rest of ['', '/policy/evaluate']) {
      const { body } = await ann.ask('POST', `${JOBS}/${id}${rest}`, {})
      assert.equal(body.is_failure, true)
      assert.equal(body.incomplete_count, 0)
      assert.match(body.output, /^The policy refuses 2 of 4 packages\n/)
      assert.match(body.report, /it stole wallets/)
    }
    const ignored = await ann.ask('POST', `${JOBS}/${id}/policy/evaluate`, {
      ignored_packages: [BAD, { name: 'left-pad', version: '1.3.0', type: 'npm' }],
    })
    assert.equal(ignored.body.is_failure, false)
    const { body: job } = await ann.ask('GET', `${JOBS}/${id}`)
    assert.deepEqual({ ...job, packages: job.packages.length }, {
      job_id: id,
      status: 'complete',
      created_at: new Date(NOON).toISOString(),
      project,
      project_name: 'web',
      group_name: null,
      label: 'main',
      pass: false,
      num_incomplete: 0,
      ecosystems: ['npm', 'pypi', 'rubygems'],
      packages: 4,
    })
    assert.equal(job.packages[2].lockfile, 'requirements.txt')
    const entry = (await ann.ask('GET', '/api/v0/projects')).body.values[0]
    assert.deepEqual(entry.ecosystems, ['npm', 'pypi', 'rubygems'])
    const details = (await ann.ask('GET', `/api/v0/data/projects/${project}`)).body
    assert.deepEqual([details.latestJobId, details.label], [id, 'main'])
  }, { policy }),
)

test(
  'without a policy nothing is refused',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const project = await createProject(ann, { name: 'web' })
    const id = await submit(ann, { packages: [BAD], project })
    const { body } = await ann.ask('POST', `${JOBS}/${id}/policy/evaluate`, {})
    assert.equal(body.is_failure, false)
    assert.equal(body.output, 'The policy refuses none of 1 package')
    assert.equal((await ann.ask('GET', `${JOBS}/${id}`)).body.label, 'uncategorized')
  }),
)

test(
  'jobs are seen by those who see the project',
  withApi(async (api) => {
    const [ann, bob] = [await api.signUp('ann'), await api.signUp('bob')]
    await ann.ask('POST', '/api/v0/groups', { group_name: 'blue' })
    await ann.ask('POST', '/api/v0/groups/blue/members/bob@example.org')
    const project = await createProject(ann, { name: 'web', group_name: 'blue' })
    const own = await createProject(ann, { name: 'own' })
    const id = await submit(bob, { packages: [BAD], project, group_name: 'blue', label: 'pr-1' })
    assert.equal((await ann.ask('GET', `${JOBS}/${id}`)).body.group_name, 'blue')
    assert.deepEqual((await ann.ask('GET', `/api/v0/data/projects/${project}/history`)).body, [
      { id, created: new Date(NOON).toISOString(), label: 'pr-1' },
    ])
    assertRefused(await ann.ask('POST', JOBS, { packages: [], project, group_name: 'red' }), 404)
    assertRefused(await bob.ask('POST', JOBS, { packages: [], project: own }), 404)
    const hidden = await submit(ann, { packages: [], project: own })
    const missing = '00000000-0000-4000-8000-000000000000'
    for (
      const [method, rest] of [
        ['GET', ''],
        ['POST', ''],
        ['POST', '/policy/evaluate'],
        ['POST', '/policy/evaluate/raw'],
      ] as const
    ) {
      const body = method === 'GET' ? undefined : {}
      const theirs = await bob.ask(method, `${JOBS}/${hidden}${rest}`, body)
      const none = await bob.ask(method, `${JOBS}/${missing}${rest}`, body)
      assertRefused(theirs, 404)
      assert.equal(theirs.text.replaceAll(hidden, '…'), none.text.replaceAll(missing, '…'))
    }
    // Jobs go with their project.
    await ann.ask('DELETE', `/api/v0/data/projects/${project}`)
    assertRefused(await ann.ask('GET', `${JOBS}/${id}`), 404)
  }),
)

test(
  'submitJob keeps the newest jobs of a project, and as many as there may be',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const projectId = await createProject(ann, { name: 'web' })
    await api.store.transaction(async (store) => {
      for (let index = 0; index < MAX_JOBS + 3; index++) {
        api.clock.time++
        const job = { packages: '[]', ecosystems: '', label: String(index) }
        await store.createJob({ projectId, userId: ann.user.id, ...job })
      }
    })
    const { body } = await ann.ask('GET', `/api/v0/data/projects/${projectId}/history`)
    assert.equal(body.length, MAX_JOBS)
    assert.deepEqual([body[0].label, body.at(-1).label], [String(MAX_JOBS + 2), '3'])
  }),
)

test(
  'submitJob takes thousands of packages, and refuses bad input in one line',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const project = await createProject(ann, { name: 'web' })
    const packages = Array.from({ length: 20_000 }, (_, index) => ({
      name: `some-package-of-usual-length-${index}`,
      version: '10.20.30',
      type: 'npm',
      lockfile: './package-lock.json',
    }))
    const id = await submit(ann, { packages, project })
    const { body } = await ann.ask('POST', `${JOBS}/${id}/policy/evaluate`, {})
    assert.match(body.output, /none of 20000 packages/)
    for (
      const [sent, status, reason] of [
        [{ project }, 400, /expected required property at "\/packages"/],
        [{ packages: [], project: 'web' }, 404, /Cannot find project "web"/],
        [
          { packages: [{ name: 'a', version: '1', type: 'deb' }], project },
          400,
          /"deb" is none of npm/,
        ],
        [{ packages: [{ name: 'a', type: 'npm' }], project }, 400, /at "packages\[0\]": it needs/],
        [{ packages: [{ ...BAD, name: '\ud800' }], project }, 400, /it holds half a character/],
        [{ packages: [{ purl: 'x' }], project }, 400, /"x" is no package URL/],
        [
          { packages: [{ ...BAD, more: 1 }], project },
          400,
          /unexpected property at "\/packages\/0\/more"/,
        ],
      ] as const
    ) assert.match(assertRefused(await ann.ask('POST', JOBS, sent), status), reason)
    const huge = { packages: [{ purl: 'x'.repeat(4 << 20) }], project }
    assertRefused(await ann.ask('POST', JOBS, huge), 413)
  }),
)

test(
  'checkPackages and submitPackage answer without a project',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const { body } = await ann.ask('POST', '/api/v0/data/packages/check', [BAD])
    assert.equal(body.is_failure, true)
    const raw = await ann.ask('POST', '/api/v0/data/packages/check/raw', [BAD])
    assert.equal(raw.body.dependencies[0].rejections.length, 1)
    assert.equal(raw.body.job_link, null)
    assertRefused(await ann.ask('POST', '/api/v0/data/packages/check', [{ name: 'a' }]), 400)
    const known = await ann.ask('POST', '/api/v0/data/packages/submit', {
      name: 'event-stream',
      version: '3.3.6',
      registry: 'npm',
    })
    assert.equal(known.body.status, 'AlreadyProcessed')
    assert.equal(known.body.data.id, 'npm:event-stream:3.3.6')
    assert.equal(known.body.data.riskScores.total, 0.35)
  }, { policy }),
)

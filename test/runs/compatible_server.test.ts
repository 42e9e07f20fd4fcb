/** The extension API of the Rust CLI against the embedded server: nothing in between is made up. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandOf, ONE_FORM, withHome } from '../harness/phylum.ts'

const POLICY = `[[packages]]
name = "event-stream"
registry = "npm"
versions = ">=3.3.6 <4"
reason = "it stole wallets"
severity = "critical"
`

/** Goes through a project's life, and says what came of it. */
const CODE = `import { ApiVersion, PhylumApi } from "phylum"
const good = { name: "react", version: "18.2.0", type: "npm" }
const bad = { name: "event-stream", version: "3.3.6", type: "npm" }
const told = {}
told.user = (await PhylumApi.getUserInfo()).email
told.groups = (await PhylumApi.getGroups()).groups.map(({ group_name, role }) => [group_name, role])
const made = []
for (let number = 0; number < 103; number++) made.push((await PhylumApi.createProject("p" + number)).status)
told.made = new Set(made)
told.all = (await PhylumApi.getProjects()).length
const one = await PhylumApi.createProject("site", "acme", "https://example.org/site")
const again = await PhylumApi.createProject("site", "acme")
told.again = [one.status, again.status, one.id === again.id]
told.group = (await PhylumApi.getProjects("acme")).map(({ name, group_name }) => [name, group_name])
const job = await PhylumApi.analyze([{ ...good, origin: "package.json" }, { purl: "pkg:npm/event-stream@3.3.6" }], "site", "acme", "main")
const { is_failure, incomplete_count, report } = await PhylumApi.getJobStatus(job)
told.status = [is_failure, incomplete_count, report.includes("event-stream")]
const raw = await PhylumApi.getJobStatusRaw(job)
told.raw = raw.dependencies.map(({ name, rejections }) => [name, rejections.map(({ source }) => source.description)])
told.ignored = (await PhylumApi.getJobStatus(job, [bad])).is_failure
told.checks = [(await PhylumApi.checkPackages([good])).is_failure, (await PhylumApi.checkPackagesRaw([good, bad])).is_failure]
told.details = (await PhylumApi.getPackageDetails("react", "18.2.0", "npm")).name
const response = await PhylumApi.fetch(ApiVersion.V0, "/data/projects/" + one.id)
told.project = (await response.json()).repositoryUrl
const headers = { authorization: "Bearer " + await PhylumApi.getAccessToken() }
told.fetched = (await fetch(await PhylumApi.apiBaseUrl() + "/v0/groups", { headers })).status
told.current = PhylumApi.getCurrentProject()?.name ?? null
told.deleted = (await PhylumApi.deleteProject("site", "acme")) ?? null
told.gone = await PhylumApi.analyze([good], "site", "acme").catch(({ message }) => message)
told.missing = await PhylumApi.getJobStatus(job).catch(({ status }) => status)
for (const { name } of await PhylumApi.getProjects()) await PhylumApi.deleteProject(name)
told.left = (await PhylumApi.getProjects()).length
console.log(JSON.stringify({ ...told, made: [...told.made] }))`

const FORM = ONE_FORM[0]!

test(
  `each function of the Rust CLI's API does its work on the embedded server, in both engines [${FORM}]`,
  { timeout: 120_000 },
  withHome(async (home) => {
    for (const engine of ['deno', 'bun']) {
      home.extension(engine, {
        'PhylumExt.toml': `name = "${engine}"\ndescription = "x"\nengine = "${engine}"\n`,
        'main.ts': CODE,
      })
    }
    const policy = join(home.path, 'policy.toml')
    const key = join(home.path, 'key')
    writeFileSync(policy, POLICY)
    const phylum = commandOf(FORM).map((word) => `'${word}'`).join(' ')
    const script = `printf %s "$PHYLUM_API_KEY" > '${key}' && ${phylum} group create acme >&2 &&
      ${phylum} ext run -y ./deno && ${phylum} ext run -y ./bun`
    const outcome = await home.phylum(
      FORM,
      ['server', 'exec', '--policy', policy, '--', 'sh', '-c', script],
    )
    assert.equal(outcome.code, 0, outcome.stderr)
    const lines = outcome.stdout.trim().split('\n')
    assert.equal(lines.length, 2)
    for (const line of lines) {
      assert.deepEqual(JSON.parse(line), {
        user: 'you@localhost',
        groups: [['acme', 'admin']],
        made: ['Created'],
        all: 103,
        again: ['Created', 'Exists', true],
        group: [['site', 'acme']],
        status: [true, 0, true],
        raw: [['react', []], ['event-stream', ['it stole wallets']]],
        ignored: false,
        checks: [false, true],
        details: 'react',
        project: 'https://example.org/site',
        fetched: 200,
        current: null,
        deleted: null,
        gone: 'Cannot find project "site": there is none in group "acme"',
        missing: 404,
        left: 0,
      })
    }
    const canary = readFileSync(key, 'utf8')
    assert.match(canary, /^ph0_/)
    writeFileSync(key, '')
    home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
  }),
)

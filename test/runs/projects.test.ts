import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAccount, createKey } from '../../src/server/account.ts'
import { startServer } from '../../src/server/start_server.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { BUN, commandOf, onAllRuntimes, ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'
import { startOnTerminal } from '../harness/pty.ts'
import { createRecordingLog } from '../harness/recording_log.ts'

/** Runs a command against the server of a test, and hands out what it printed. */
type Run = (...args: string[]) => Promise<Outcome>

/** A server, with Ann who runs commands, and Bob, who has an account. */
async function withServer(
  home: Home,
  form: Form,
  use: (run: Run, at: { url: string; key: string }) => Promise<void>,
): Promise<void> {
  const clock = { now: () => Date.now() }
  const server = await startServer({
    database: ':memory:',
    port: 0,
    clock,
    log: createRecordingLog(),
  })
  try {
    const ann = await createAccount(server.store, { email: 'ann@example.org', name: 'Ann' })
    await createAccount(server.store, { email: 'bob@example.org', name: 'Bob' })
    const { secret } = await createKey(server.store, ann.id, { name: 'test' })
    const key = secret.reveal()
    const environment = { PHYLUM_API_URI: server.url, PHYLUM_API_KEY: key }
    const seen: string[] = []
    const run: Run = async (...args) => {
      const outcome = await home.phylum(form, args, { environment })
      seen.push(outcome.stdout, outcome.stderr)
      return outcome
    }
    await use(run, { url: server.url, key })
    home.assertNoLeak(key, ...seen)
  } finally {
    await server.stop()
  }
}

function assertDone({ code, stderr }: Outcome, text: RegExp): void {
  assert.equal(code, 0, stderr)
  assert.match(stderr, text)
}

/** What a refusal must look like: one clear line, its exit code, nothing on stdout. */
function assertRefused(outcome: Outcome, code: string, exit: number, text: RegExp): void {
  const [line = ''] = outcome.stderr.split('\n')
  assert.ok(line.startsWith(`error[${code}]: `), outcome.stderr)
  assert.match(line, text)
  assert.deepEqual([outcome.code, outcome.stdout], [exit, ''], outcome.stderr)
}

test(
  'phylum init, status and project work from a fresh directory to the end [all forms]',
  { timeout: 120_000 },
  onAllRuntimes((home, form) =>
    withServer(home, form, async (run, { url }) => {
      const file = join(home.path, 'work', '.phylum_project')
      assertDone(await run('init', 'web'), /^Created project "web"\nThis directory belongs to/)
      const text = readFileSync(file, 'utf8')
      assert.match(text, /^id: [0-9a-f-]{36}\nname: web\ncreated_at: \S+Z\ngroup_name: null\n$/)
      const status = await run('status', '--json')
      const { schema, project, user, api_uri } = JSON.parse(status.stdout)
      assert.deepEqual([schema, project.name, user.email, api_uri], [
        1,
        'web',
        'ann@example.org',
        url,
      ])
      const listed = await run('project', 'list', '--json')
      assert.equal(JSON.parse(listed.stdout).projects[0].id, project.id)
      assertDone(await run('project', 'delete', 'web', '-y'), /^Deleted project "web"\n/)
    })
  ),
)

// The quickest of those that there are.
const form: Form = ONE_FORM.at(-1)!

test(
  `phylum project links, shows, changes and deletes projects of groups and one's own [${form}]`,
  withHome((home) =>
    withServer(home, form, async (run) => {
      const file = join(home.path, 'work', '.phylum_project')
      await run('group', 'create', 'blue')
      assertDone(
        await run('project', 'create', 'web', '-g', 'blue', '-r', 'https://x/y'),
        /Created/,
      )
      assertDone(await run('project', 'create', 'web'), /Created project "web"/)
      // One name, two projects: which one is said by the group.
      assertDone(await run('project', 'link', 'web', '--group', 'blue'), /belongs to project "web"/)
      assert.match(readFileSync(file, 'utf8'), /\ngroup_name: blue\n/)
      const shown = await run('project', 'status')
      assert.match(
        shown.stdout,
        /^Project: {4}web\nId: .*\nGroup: {6}blue\nRepository: https:\/\/x\/y\n/,
      )
      assertDone(await run('project', 'update', '-n', 'site', '-l', 'main', '-r', ''), /"site"/)
      assert.match(readFileSync(file, 'utf8'), /\nname: site\n/)
      const { project } = JSON.parse((await run('project', 'status', '--json')).stdout)
      assert.deepEqual(
        [project.name, project.defaultLabel, project.repositoryUrl, project.groupName],
        ['site', 'main', null, 'blue'],
      )
      const table = await run('project', 'list')
      assert.deepEqual(
        table.stdout.trimEnd().split('\n').map((line) => line.split('\t').slice(0, 2)),
        [['site', 'blue'], ['web', '']],
      )
      assert.match((await run('project', 'list', '-g', 'blue')).stdout, /^site\tblue\t[^\n]*\n$/)
      const missing = await run('project', 'status', '-p', 'site')
      assertRefused(missing, 'ERR_API_NOT_FOUND', 18, /Cannot find project "site": there is none/)
      assert.match(missing.stderr, /hint: group "blue" has one: --group/)
      assertRefused(await run('project', 'create', 'web'), 'ERR_API_EXISTS', 14, /"web": it exists/)
      const unasked = await run('project', 'delete', 'site', '-g', 'blue')
      assertRefused(unasked, 'ERR_CLI_CONFIRMATION', 17, /Cannot delete project "site" unasked/)
      assertDone(await run('project', 'delete', 'site', '-g', 'blue', '-y'), /Deleted/)
      // What exists already is linked, and what a directory belongs to is not replaced unasked.
      assertRefused(
        await run('init', 'web'),
        'ERR_CLI_CONFIRMATION',
        17,
        /Cannot tie the directory/,
      )
      assertDone(
        await run('init', 'web', '--force'),
        /^This directory belongs to project "web" now/,
      )
      assert.match(readFileSync(file, 'utf8'), /\ngroup_name: null\n/)
      assertRefused(await run('project', 'update'), 'ERR_CLI_USAGE', 2, /Nothing is to be changed/)
    })
  ),
)

test(
  `phylum org and group member, as in the Rust CLI [${form}]`,
  withHome((home) =>
    withServer(home, form, async (run) => {
      assertRefused(
        await run('org', 'member', 'list'),
        'ERR_CLI_ORGANIZATION',
        22,
        /No organization/,
      )
      assertDone(await run('org', 'create', 'acme'), /Created organization "acme"/)
      assert.match((await run('org', 'list')).stdout, /^acme\tadmin\t\S+Z\n$/)
      assertDone(await run('org', '-o', 'acme', 'member', 'add', 'bob@example.org'), /Added "bob/)
      assertRefused(
        await run('org', 'member', 'add', '-o', 'acme', 'bob@example.org'),
        'ERR_API_EXISTS',
        14,
        /this is a member already/,
      )
      assertDone(await run('org', 'link'), /Commands act for organization "acme" now/)
      const members = JSON.parse((await run('org', 'member', 'list', '-j')).stdout)
      assert.deepEqual(members, {
        schema: 1,
        organization: 'acme',
        members: [
          { email: 'ann@example.org', name: 'Ann', role: 'admin' },
          { email: 'bob@example.org', name: 'Bob', role: 'member' },
        ],
      })
      assertDone(await run('group', 'create', 'team'), /Created group "acme\/team"/)
      assert.equal((await run('group', 'list')).stdout, 'team\n')
      // The option may stand where the Rust CLI wants it.
      assertDone(
        await run('group', 'member', '--group', 'team', 'add', 'bob@example.org'),
        /Added "bob@example.org" to group "acme\/team"/,
      )
      assertDone(await run('project', 'create', 'web', '-g', 'team'), /Created project "web"/)
      assertDone(await run('org', 'unlink'), /for no organization now/)
      assert.equal(
        (await run('group', 'member', 'list', '-g', 'acme/team')).stdout,
        'ann@example.org\tAnn\tadmin\nbob@example.org\tBob\tmember\n',
      )
      assert.match((await run('project', 'list', '-o', 'acme')).stdout, /^web\tacme\/team\t/)
      assertDone(await run('project', 'link', 'web', '-g', 'acme/team'), /belongs to project "web"/)
      assertDone(
        await run('group', 'member', 'remove', '-g', 'acme/team', 'bob@example.org'),
        /Removed "bob/,
      )
      assertRefused(
        await run('org', 'link', 'other'),
        'ERR_API_NOT_FOUND',
        18,
        /"other": it does not/,
      )
      assertRefused(await run('group', 'member', 'list'), 'ERR_CLI_USAGE', 2, /--group is missing/)
      assertRefused(
        await run('group', 'member', 'list', '-g', 'a/b/c'),
        'ERR_CLI_USAGE',
        2,
        /Cannot use group "b\/c"/,
      )
      assertDone(await run('org', 'member', 'remove', '-o', 'acme', 'bob@example.org'), /Removed/)
      assertDone(await run('org', 'delete', 'acme', '-y'), /Deleted organization "acme"/)
    })
  ),
)

test(
  `a hostile .phylum_project is refused with its place, and changes no API [${form}]`,
  withHome((home) =>
    withServer(home, form, async (run, { url, key }) => {
      const work = join(home.path, 'work')
      const file = join(work, '.phylum_project')
      for (
        const [content, text] of [
          ['id: "\u001b[2J"\n', /\.phylum_project:1:6": the character U\+001B is not allowed/],
          [
            'id: ../../groups\nname: x\ncreated_at: x\n',
            /:1:5": "id" is not the UUID of a project/,
          ],
          ['id: &a x\nname: *a\n', /:1:\d": anchors/],
        ] as const
      ) {
        writeFileSync(file, content)
        for (const args of [['status'], ['project', 'status']]) {
          const outcome = await run(...args)
          assert.match(outcome.stderr, text)
          assert.deepEqual([outcome.code, outcome.stdout], [1, ''])
          assert.ok(!outcome.stderr.includes('\u001b'))
        }
      }
      writeFileSync(
        file,
        'id: 00000000-0000-4000-8000-000000000000\nname: x\ncreated_at: 2026-01-01T00:00:00Z\n' +
          'uri: http://evil.invalid\nconnection: { uri: "http://evil.invalid" }\n',
      )
      assert.match((await run('status')).stdout, new RegExp(`^API: +${url} `))
      const unknown = { PHYLUM_API_URI: url, PHYLUM_API_KEY: undefined }
      const quiet = await home.phylum(form, ['status'], { environment: unknown })
      assert.match(quiet.stdout, /^API: .*\nUser: {4}unknown\nProject: x\n/)
      // A link that a repository brings along: what it leads to is not written.
      const other = join(work, 'other')
      mkdirSync(other)
      writeFileSync(join(home.path, 'victim'), 'mine\n')
      symlinkSync(join(home.path, 'victim'), join(other, '.phylum_project'))
      const linked = await home.phylum(form, ['project', 'create', 'web'], {
        environment: { PHYLUM_API_URI: url, PHYLUM_API_KEY: key },
        directory: other,
      })
      assert.match(linked.stderr, /\nerror\[ERR_CONFIG_WRITE\]: .*it is a symbolic link\n/)
      assert.equal(linked.code, 1)
      assert.equal(readFileSync(join(home.path, 'victim'), 'utf8'), 'mine\n')
    })
  ),
)

test(
  `phylum ping tells whether the API is there, and sends it no credential [${form}]`,
  withHome(async (home) => {
    const api = await startFakeApi({
      '/health': (_, response) => void response.end('{"response":"alive"}'),
    })
    const environment = { PHYLUM_API_URI: api.origin, PHYLUM_API_KEY: `ph0_${'a'.repeat(43)}` }
    const outcome = await home.phylum(form, ['ping'], { environment })
    assert.deepEqual(
      [outcome.code, outcome.stdout],
      [0, `${api.origin} is alive\n`],
      outcome.stderr,
    )
    assert.deepEqual(api.seen.map(({ headers }) => headers['authorization']), [undefined])
    await api.stop()
    const gone = await home.phylum(form, ['ping'], { environment })
    assertRefused(gone, 'ERR_BROKER_CONNECT', 30, /refused the connection/)
  }),
)

test(
  `phylum project list reads every page, and no list without an end [${form}]`,
  withHome(async (home) => {
    const entry = (id: number) => ({ id: String(id), name: `p${id}` })
    let isEndless = false
    const api = await startFakeApi({
      '/projects': (_, response, url) => {
        const cursor = Number(url.searchParams.get('paginate.cursor') ?? 0)
        const first = isEndless ? 1 : cursor + 1
        const values = Array.from({ length: 100 }, (_, index) => entry(first + index))
        response.end(JSON.stringify({ values, has_more: isEndless || cursor < 400 }))
      },
    })
    const environment = { PHYLUM_API_URI: api.origin, PHYLUM_API_KEY: `ph0_${'a'.repeat(43)}` }
    const outcome = await home.phylum(form, ['project', 'list', '--json'], { environment })
    assert.equal(JSON.parse(outcome.stdout).projects.length, 500)
    // Progress is for terminals.
    assert.equal(outcome.stderr, '')
    // On a narrow terminal: how far it is, until the table stands there, which fits.
    const terminal = startOnTerminal(home, form, ['project', 'list'], { environment, columns: 40 })
    assert.equal(await terminal.ended, 0)
    terminal.close()
    assert.match(terminal.output(), /200 projects so far…/)
    // deno-lint-ignore no-control-regex
    const plain = terminal.output().replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')
    const rows = plain.split(/[\r\n]+/).filter((line) => /^p\d/.test(line))
    assert.equal(rows.length, 500)
    assert.ok(rows.every((line) => line.length <= 40))
    isEndless = true
    const endless = await home.phylum(form, ['project', 'list'], { environment })
    assertRefused(endless, 'ERR_API_RESPONSE', 1, /its list of projects has no end/)
    await api.stop()
  }),
)

test(
  `phylum history lists the jobs of a project and judges one of them [${form}]`,
  withHome((home) =>
    withServer(home, form, async (run, { url, key }) => {
      const homeless = await run('history')
      assertRefused(homeless, 'ERR_API_NOT_FOUND', 18, /this directory belongs to none/)
      const { project } = JSON.parse((await run('init', 'web', '--json')).stdout)
      const none = await run('history')
      assertRefused(none, 'ERR_API_NO_HISTORY', 15, /^error\S+ Nothing was analyzed/)
      const sent = await fetch(`${url}/api/v0/data/jobs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          packages: [{ name: 'react', version: '18.2.0', type: 'npm' }],
          is_user: true,
          project: project.id,
          label: 'first',
        }),
      })
      const { job_id } = await sent.json()
      assert.match((await run('history')).stdout, new RegExp(`^${job_id}\tfirst\t\\S+Z\n$`))
      const { jobs, ...rest } = JSON.parse((await run('history', '-p', 'web', '-j')).stdout)
      assert.deepEqual([jobs.length, jobs[0].id, rest], [
        1,
        job_id,
        { schema: 1, project: project.id },
      ])
      const judged = await run('history', job_id)
      assert.deepEqual([judged.code, judged.stdout], [0, 'The policy refuses none of 1 package\n'])
      assert.equal(JSON.parse((await run('history', job_id, '--json')).stdout).is_failure, false)
      assertRefused(await run('history', 'nonsense'), 'ERR_API_NOT_FOUND', 18, /job "nonsense"/)
      assertRefused(await run('history', '../x'), 'ERR_CLI_USAGE', 2, /Cannot use job/)
    })
  ),
)

test(
  `phylum history ends with 100 where the policy refuses something of a job [${form}]`,
  withHome(async (home) => {
    const policy = join(home.path, 'work', 'policy.toml')
    writeFileSync(policy, '[[packages]]\nname = "evil"\nreason = "it is \\u001b[2J evil"\n')
    home.extension('send', {
      'PhylumExt.toml': 'name = "send"\ndescription = "x"\n',
      'main.ts':
        'console.log(await Phylum.analyze([{ name: "evil", version: "1.0.0", type: "npm" }]))',
    })
    const words = commandOf(form).join(' ')
    const script =
      `${words} init web -q && job=$(${words} ext run -y ./send) && ${words} history $job`
    const { code, stdout } = await home.phylum(
      form,
      ['server', 'exec', '--policy', policy, '--', 'sh', '-c', script],
    )
    assert.equal(code, 100, stdout)
    assert.match(stdout, /^The policy refuses 1 of 1 package\n[^]*evil is refused\n/)
    assert.ok(!stdout.includes('\x1b'), stdout)
  }),
)

test(
  `commands that change something tell programs what is there now [${form}]`,
  withHome((home) =>
    withServer(home, form, async (run, { url }) => {
      const read = async (...words: string[]) => {
        const { code, stdout, stderr } = await run(...words, '--json')
        assert.equal(code, 0, stderr)
        return JSON.parse(stdout)
      }
      assert.deepEqual(await read('ping'), { schema: 1, api_uri: url, is_alive: true })
      assert.deepEqual(await read('group', 'create', 'blue'), { schema: 1, group: 'blue' })
      assert.deepEqual(await read('org', 'create', 'acme'), { schema: 1, organization: 'acme' })
      const { project } = await read('project', 'create', 'web', '-g', 'blue')
      assert.deepEqual([project.name, project.group_name, project.root], [
        'web',
        'blue',
        realpathSync(join(home.path, 'work')),
      ])
      assert.deepEqual((await read('status')).project, project)
      const linked = await read('project', 'link', 'web', '-g', 'blue')
      assert.equal(linked.project.id, project.id)
      assert.equal((await read('project', 'update', '-n', 'site')).project.name, 'site')
      assert.equal((await read('init', 'other', '-f')).project.name, 'other')
      const unknown = await run('project', 'list', '-g', 'none')
      assertRefused(unknown, 'ERR_API_NOT_FOUND', 18, /Cannot find group "none"/)
    })
  ),
)

test(
  `phylum server exec --policy judges packages, and refuses a policy with faults by line and column [${form}]`,
  withHome(async (home) => {
    const policy = join(home.path, 'work', 'policy.toml')
    writeFileSync(policy, '[[packages]]\nname = "event-stream"\nversions = "3.3.6"\n')
    const script =
      `const reply = await fetch(process.env.PHYLUM_API_URI + '/api/v0/data/packages/check', {
      method: 'POST',
      headers: {
        authorization: 'Bearer ' + process.env.PHYLUM_API_KEY,
        'content-type': 'application/json',
      },
      body: JSON.stringify([{ name: 'event-stream', version: '3.3.6', type: 'npm' }]),
    })
    console.log((await reply.json()).output)`
    const judged = await home.phylum(
      form,
      ['server', 'exec', '--policy', 'policy.toml', '--', BUN, '-e', script],
    )
    assert.match(
      judged.stdout,
      /^The policy refuses 1 of 1 package\n[^]*rule packages\[0\], line 1 /,
    )
    writeFileSync(policy, '[[packages]]\nname = "a"\nversions = "x.y.z"\n')
    const faulty = await home.phylum(form, ['server', 'exec', '--policy', policy, '--', 'true'])
    assertRefused(
      faulty,
      'ERR_SERVER_POLICY',
      1,
      /policy\.toml:3:1: "packages\[0\]\.versions" is no/,
    )
    const missing = await home.phylum(form, ['server', 'start', '--policy', 'none.toml'])
    assertRefused(missing, 'ERR_SERVER_POLICY', 1, /none\.toml": it does not exist/)
  }),
)

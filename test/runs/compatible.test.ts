/** The extension API of the Rust CLI, function by function, as extensions that were written for it use it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import type { FakeApi, Seen } from '../harness/fake_api.ts'
import { ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'

const ENGINES = ['deno', 'bun'] as const

type Engine = (typeof ENGINES)[number]

const json = (response: ServerResponse, value: unknown, status = 200) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

const project = (id: string, name: string, group: string | null = null) => ({
  id,
  name,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  ecosystems: [],
  group_name: group,
  organization_name: null,
})

/** Three pages of projects; the names of the first two hold that of the third. */
const PAGES: Record<string, unknown> = {
  '': { values: [project('1', 'website-old')], has_more: true },
  '1': { values: [project('2', 'website', 'acme'), project('3', 'website-2')], has_more: true },
  '3': { values: [project('4', 'website'), project('5', 'site', 'big/acme')], has_more: false },
}

const ROUTES: Parameters<typeof startFakeApi>[0] = {
  '/projects': (_, response, { searchParams }) =>
    json(response, PAGES[searchParams.get('paginate.cursor') ?? '']),
  // What was sent is what comes back.
  '/data/jobs': async (request, response) => json(response, { job_id: await readText(request) }),
  '/data/projects/4': (_, response) => void response.writeHead(204).end(),
  '/locksmith/v1/userinfo': (_, response) => json(response, { email: 'ada@example.org' }),
  '/data/packages/submit': async (request, response) =>
    json(response, { status: 'AlreadyProcessed', data: { sent: await readText(request) } }),
}

interface Stage {
  api: FakeApi
  home: Home
  engine: Engine
  form: Form
  canary: string
  /** Writes the extension and runs it with `-y`. */
  run(code: string, options?: { manifest?: string; args?: string[] }): Promise<Outcome>
}

/** Runs a test on both engines, and looks for the credential in all that is left. */
function onEngines(
  name: string,
  body: (stage: Stage) => Promise<void>,
  { forms = ONE_FORM.slice(0, 1), engines = ENGINES, routes = {} }: {
    forms?: readonly Form[]
    engines?: readonly Engine[]
    routes?: typeof ROUTES
  } = {},
): void {
  for (
    const [form, engine] of forms.flatMap((form) => engines.map((each) => [form, each] as const))
  ) {
    test(
      `${name} [${form}, ${engine}]`,
      withHome(async (home) => {
        const canary = createCanary()
        const api: FakeApi = await startFakeApi({
          ...ROUTES,
          '/locksmith/v1/.well-known/locksmith-configuration': (_, response) =>
            json(response, { userinfo_endpoint: `${api.origin}/locksmith/v1/userinfo` }),
          ...routes,
        })
        const seen: string[] = []
        try {
          await body({
            api,
            home,
            engine,
            form,
            canary,
            async run(code, { manifest = '', args = [] } = {}) {
              home.extension('sample', {
                'PhylumExt.toml':
                  `name = "sample"\ndescription = "x"\nengine = "${engine}"\n${manifest}`,
                'main.ts': code,
              })
              const outcome = await home.phylum(form, ['ext', 'run', '-y', './sample', ...args], {
                environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin },
              })
              seen.push(outcome.stdout, outcome.stderr)
              return outcome
            },
          })
          home.assertNoLeak(canary, ...seen)
        } finally {
          await api.stop()
        }
      }),
    )
  }
}

/** What the API saw, in short. */
const short = ({ method, url, body }: Seen) =>
  `${method} ${decodeURIComponent(url)}${body === '' ? '' : ` ${body}`}`

onEngines(
  'an extension finds the API as a module and as a global, with a credential that it does not have',
  async ({ api, canary, run }) => {
    const { code, stdout, stderr } = await run(
      `import { PhylumApi, ApiVersion, PolicyEvaluationResponseRaw } from "phylum";
      const nothing: PolicyEvaluationResponseRaw | undefined = undefined;
      const { getGroups } = Phylum;
      const reply = await PhylumApi.fetch(ApiVersion.V0, "/groups");
      console.log(JSON.stringify([nothing ?? null, PhylumApi === Phylum, Phylum.ApiVersion.V0,
        await getGroups(), await reply.json(), String(await Phylum.apiBaseUrl())]));`,
    )
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(JSON.parse(stdout), [
      null,
      true,
      'v0',
      { groups: [] },
      { groups: [] },
      `${api.origin}/api`,
    ])
    assert.deepEqual(api.seen.map(short), ['GET /api/v0/groups', 'GET /api/v0/groups'])
    assert.equal(api.seen[0]?.headers.authorization, `Bearer ${canary}`)
  },
  { forms: ONE_FORM },
)

onEngines(
  'Phylum.fetch() takes the version and the endpoint as extensions write them, and leads nowhere else',
  async ({ api, run }) => {
    const calls: [string, string][] = [
      ['v0', '/groups'],
      ['v0/', '/groups'],
      ['v0/', 'groups'],
      ['v0', '/data/jobs/?limit=3&verbose=1'],
      ['v1', '/groups#fragment'],
      ['v0', '/a/../groups'],
      ['v0?a=', '/groups'],
    ]
    const tricks: [string, string][] = [
      ['v0', '//evil.example/x'],
      ['/evil.example', '/x'],
      ['..', '/../x'],
      ['../..', '/locksmith/v1/tokens'],
      ['v0', '/%2e%2e/%2e%2e/locksmith/v1/tokens'],
      ['v0', '/a%2fb'],
      ['v0', '/..%5c..%5cx'],
      ['v0', '/a;/../..;/x'],
    ]
    const { code, stdout, stderr } = await run(
      `const told = [];
      for (const [version, endpoint] of ${JSON.stringify([...calls, ...tricks])}) {
        try { told.push((await Phylum.fetch(version, endpoint)).status); } catch (error) { told.push(error.code); }
      }
      console.log(JSON.stringify(told));`,
    )
    assert.equal(code, 0, stderr)
    const told = JSON.parse(stdout)
    assert.deepEqual(told.slice(0, calls.length), calls.map(() => 200))
    assert.deepEqual(told.slice(calls.length), tricks.map(() => 'ERR_BROKER_REQUEST'))
    assert.deepEqual(api.seen.map(({ url }) => url), [
      '/api/v0/groups',
      '/api/v0/groups',
      '/api/v0/groups',
      '/api/v0/data/jobs/?limit=3&verbose=1',
      '/api/v1/groups',
      '/api/v0/groups',
      '/api/v0?a=/groups',
    ])
  },
)

onEngines(
  'Phylum.fetch() says what a body is where nobody has said it',
  async ({ run }) => {
    const { stdout } = await run(
      `const send = async (init) => (await (await Phylum.fetch("v0", "/echo", init)).json());
      const init = { method: "POST", body: "{}" };
      console.log(JSON.stringify([
        (await send(init)).headers["content-type"],
        Object.keys(init).length,
        (await send({ ...init, headers: { "Content-Type": "text/x" } })).headers["content-type"],
        (await send({ ...init, headers: [["content-type", "text/y"], ["Authorization", "Bearer forged"]] })).headers,
        (await send(null)).headers["content-type"] ?? null,
      ]));`,
    )
    const [type, size, own, listed, none] = JSON.parse(stdout)
    assert.deepEqual([type, size, own, none], ['application/json', 2, 'text/x', null])
    assert.equal(listed['content-type'], 'text/y')
    assert.doesNotMatch(listed.authorization, /forged/)
  },
)

onEngines(
  'each function sends what the Rust CLI sends, and gives what the API answers',
  async ({ api, run }) => {
    const { code, stdout, stderr } = await run(
      `const told: Record<string, unknown> = {};
      const react = { name: "react", version: "18.2.0", type: "npm", more: 1 };
      told.user = await Phylum.getUserInfo();
      told.groups = await Phylum.getGroups();
      told.projects = (await Phylum.getProjects()).map(({ id }) => id);
      await Phylum.getProjects("acme");
      await Phylum.getProjects("acme", "big");
      await Phylum.getProjects(undefined, "big");
      told.created = await Phylum.createProject("fresh", "acme", "https://example.org/r", "big").catch(String);
      await Phylum.deleteProject("website");
      told.jobs = [
        await Phylum.analyze([{ ...react, origin: "a/package.json" }, { purl: "pkg:npm/ms@2.0.0" }], "website", "acme", "main"),
        await Phylum.analyze([{ purl: "pkg:npm/ms@2.0.0", origin: "b" }], "website", null, null, null),
      ];
      await Phylum.getJobStatus("a b", [react]);
      await Phylum.getJobStatusRaw("job-1", null);
      await Phylum.checkPackages([react]);
      await Phylum.checkPackagesRaw([react]);
      told.package = await Phylum.getPackageDetails("react", "18.2.0", "npm");
      console.log(JSON.stringify(told));`,
    )
    assert.equal(code, 0, stderr)
    const react = '{"name":"react","version":"18.2.0","type":"npm"}'
    assert.deepEqual(JSON.parse(stdout), {
      user: { email: 'ada@example.org' },
      groups: { groups: [] },
      projects: ['1', '2', '3', '4', '5'],
      created: { status: 'Created' },
      jobs: [
        `{"packages":[${
          react.replace('}', ',"lockfile":"a/package.json"}')
        },{"purl":"pkg:npm/ms@2.0.0"}],"is_user":true,"project":"2","label":"main","group_name":"acme"}`,
        '{"packages":[{"purl":"pkg:npm/ms@2.0.0","lockfile":"b"}],"is_user":true,"project":"4","label":"uncategorized"}',
      ],
      package: { sent: '{"registry":"npm","name":"react","version":"18.2.0"}' },
    })
    const pages = (filter: string) =>
      ['', '&paginate.cursor=1', '&paginate.cursor=3'].map((cursor) =>
        `GET /api/v0/projects?${filter}paginate.limit=100${cursor}`
      )
    assert.deepEqual(api.seen.map(short), [
      'GET /locksmith/v1/.well-known/locksmith-configuration',
      'GET /locksmith/v1/userinfo',
      'GET /api/v0/groups',
      ...pages(''),
      ...pages('filter.group=acme&'),
      ...pages('filter.group=big/acme&'),
      ...pages('filter.organization=big&'),
      'POST /api/v0/data/projects {"name":"fresh","group_name":"big/acme","repository_url":"https://example.org/r"}',
      ...pages('filter.name=website&'),
      'DELETE /api/v0/data/projects/4',
      ...pages('filter.group=acme&filter.name=website&'),
      `POST /api/v0/data/jobs`,
      ...pages('filter.name=website&'),
      'POST /api/v0/data/jobs',
      `POST /api/v0/data/jobs/a b/policy/evaluate {"ignored_packages":[${react}]}`,
      'POST /api/v0/data/jobs/job-1/policy/evaluate/raw {"ignored_packages":[]}',
      `POST /api/v0/data/packages/check [${react}]`,
      `POST /api/v0/data/packages/check/raw [${react}]`,
      'POST /api/v0/data/packages/submit',
    ])
  },
)

onEngines(
  'code that makes its own header keeps working, with a token that is none',
  async ({ api, canary, run }) => {
    const { code, stdout, stderr } = await run(
      `import { PhylumApi } from "phylum";
      const token = await PhylumApi.getAccessToken(true);
      const base = await PhylumApi.apiBaseUrl();
      const told = { token, same: token === await Phylum.getAccessToken() };
      const post = await fetch(base + "/v0/echo", {
        method: "POST", body: "text", headers: { Authorization: "Bearer " + token, "Content-Type": "text/x" } });
      told.echo = await post.json();
      told.url = [post.url, post.headers.get("content-type")];
      told.request = (await fetch(new Request(new URL(base + "/v0/groups"), { headers: [["authorization", "bearer " + token]] }))).status;
      const moved = await fetch(base + "/v0/redirect?to=/api/v0/groups", { headers: { authorization: "Bearer " + token } });
      told.moved = [moved.redirected, await moved.json()];
      const denied = await fetch(base + "/v0/secret/9", { headers: { authorization: "Bearer " + token } });
      told.denied = [denied.status, (await denied.json()).error.code];
      for (const [name, headers] of Object.entries({ none: {}, own: { authorization: "Bearer own" } })) {
        told[name] = await fetch(base + "/v0/groups", { headers }).then(String, ({ message }) => message);
      }
      console.log(JSON.stringify(told));`,
      {
        manifest:
          '[api]\nallow = ["GET /groups", "POST /echo", "GET /redirect"]\n[permissions]\nnet = []\n',
      },
    )
    assert.equal(code, 0, stderr)
    const { token, echo, ...told } = JSON.parse(stdout)
    assert.match(token, /^phylum-placeholder_[\w-]{43}$/)
    assert.deepEqual([echo.body, echo.headers['content-type']], ['text', 'text/x'])
    assert.ok(!JSON.stringify(api.seen).includes(token), 'the API has never seen it')
    const { host } = new URL(api.origin)
    assert.deepEqual(told, {
      same: true,
      url: [`${api.origin}/api/v0/echo`, 'application/json'],
      request: 200,
      moved: [true, { groups: [] }],
      denied: [403, 'ERR_BROKER_DENIED'],
      none: `Requires net access to "${host}"`,
      own: `Requires net access to "${host}"`,
    })
    assert.ok(api.seen.every(({ headers }) => headers.authorization === `Bearer ${canary}`))
    assert.match(
      stderr,
      /^denied: Cannot send "GET \/secret\/9": the manifest does not grant it\n.*\n?hint: add to PhylumExt\.toml: \[api\] allow = \["GET \/secret\/9"\]\n$/,
    )
  },
)

onEngines(
  'what the API refuses or cannot give is an error that says so',
  async ({ run }) => {
    const { code, stdout, stderr } = await run(
      `const told = [];
      const tell = async (attempt) => { try { told.push(await attempt()) } catch (error) { told.push([error.name, error.message, error.status ?? error.code ?? null]) } };
      await tell(() => Phylum.getGroups());
      await tell(() => Phylum.checkPackages([]));
      await tell(() => Phylum.getProjects());
      await tell(() => Phylum.createProject("website"));
      await tell(() => Phylum.deleteProject("web"));
      await tell(() => Phylum.getJobStatus("a/b"));
      await tell(() => Phylum.analyze([]));
      console.log(JSON.stringify(told));
      await Phylum.getGroups();`,
    )
    assert.equal(code, 16)
    assert.match(
      stderr,
      /^error: Uncaught StatusError in extension "sample": Cannot list groups: not today\n/,
    )
    assert.deepEqual(JSON.parse(stdout), [
      ['StatusError', 'Cannot list groups: not today', 500],
      ['StatusError', 'Cannot check packages: the API answered with status 418', 418],
      [],
      { id: '4', status: 'Exists' },
      ['Error', 'Cannot find project "web": there is none with that name', null],
      ['ApiError', 'Cannot use the request path: it holds an encoded slash', 'ERR_BROKER_REQUEST'],
      [
        'Error',
        'Cannot analyze packages: no project is named, and no ".phylum_project" is found',
        null,
      ],
    ])
  },
  {
    routes: {
      '/groups': (_, response) =>
        json(response, { error: { error_id: 'x', description: 'not today' } }, 500),
      '/data/packages/check': (_, response) => void response.writeHead(418).end('<html>'),
      '/data/projects': (_, response) => json(response, { error: { description: 'taken' } }, 409),
      // Promises more without end.
      '/projects': (_, response, { searchParams }) =>
        searchParams.has('filter.name')
          ? json(response, { values: [project('4', 'website')], has_more: true })
          : json(response, { values: [], has_more: true }),
    },
  },
)

onEngines(
  'what answers at once: the current project, permissions of the manifest, a command',
  async ({ home, run }) => {
    const file = (text: string) => writeFileSync(join(home.path, 'work/.phylum_project'), text)
    const code = `const told = [];
      const tell = (attempt) => { try { told.push(attempt()) } catch (error) { told.push([error.name, error.message]) } };
      tell(() => Phylum.getCurrentProject());
      tell(() => Phylum.permissions().net);
      tell(() => Phylum.runSandboxed({ cmd: "echo", args: ["said"], stdout: "piped", stderr: "piped" }));
      tell(() => Phylum.runSandboxed({ cmd: "ls" }));
      console.log(JSON.stringify(told));
      if (told[0]?.id) console.log(await Phylum.analyze([]));`
    const manifest = '[permissions]\nrun = ["echo"]\n'
    const { stdout, stderr } = await run(code, { manifest })
    assert.deepEqual(JSON.parse(stdout), [
      null,
      false,
      { stdout: 'said\n', stderr: '', success: true, signal: null, code: 0 },
      ['NotCapable', 'Requires run access to "ls"'],
    ], stderr)
    file(
      'id: a3a898bc-e954-4ff6-ba36-6a19beefedaa\nname: site\ncreated_at: 2022-08-18T18:41:46Z\ngroup_name: acme\nroot: /etc\n',
    )
    const [told, sent] = (await run(code)).stdout.split('\n')
    assert.deepEqual(JSON.parse(told!)[0], {
      id: 'a3a898bc-e954-4ff6-ba36-6a19beefedaa',
      name: 'site',
      created_at: '2022-08-18T18:41:46Z',
      group_name: 'acme',
    })
    const { project: id, group_name } = JSON.parse(sent!)
    assert.deepEqual([id, group_name], ['a3a898bc-e954-4ff6-ba36-6a19beefedaa', 'acme'])
    file('id: [\n')
    const [[name, message]] = JSON.parse((await run(code)).stdout)
    assert.equal(name, 'ApiError')
    assert.match(message, /^Cannot .*\.phylum_project/)
  },
)

onEngines(
  'without an [api] table the first function that asks the API asks the user, and nobody is no',
  async ({ api, home, form, canary }) => {
    home.extension('silent', {
      'PhylumExt.toml': 'name = "silent"\ndescription = "x"\n',
      'main.ts':
        `console.log(await Phylum.getAccessToken() !== "", Phylum.permissions().read);\nawait Phylum.getUserInfo();`,
    })
    const environment = { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin }
    const { code, stdout, stderr } = await home.phylum(form, ['ext', 'run', './silent'], {
      environment,
    })
    assert.deepEqual([code, stdout], [16, 'true false\n'], stderr)
    assert.match(stderr, /^warning: extension "silent" may not call the API/)
    assert.match(stderr, /hint: add to PhylumExt\.toml: \[api\] allow = \["GET \/userinfo"\]\n/)
    assert.match(stderr, /StatusError .*Cannot ask whose credential it is: Cannot send "GET \/user/)
    assert.equal(api.seen.length, 0)
  },
  { engines: ['deno'] },
)

onEngines(
  'localStorage outlives the run of an installed extension, not the extension, and there is none for others',
  async ({ home, engine, form, run }) => {
    const code = `const before = localStorage.getItem("count");
      localStorage.count = Number(before ?? 0) + 1;
      localStorage.setItem("name", { toString: () => "a text" });
      localStorage.removeItem("nothing"); localStorage["to go"] = 1; delete localStorage["to go"];
      console.log(JSON.stringify([before, localStorage.count, localStorage.length, Object.keys(localStorage), { ...localStorage },
        localStorage.key(0), localStorage.key(9), localStorage.getItem("constructor"), "name" in localStorage, "other" in localStorage, localStorage.other ?? null]));
      try { localStorage.setItem("much", "x".repeat(11 * 1024 * 1024)) } catch (error) { console.log(error.name) }
      if (Deno?.args?.[0] === "clear") localStorage.clear();`.replaceAll(
      'Deno?.args?.[0]',
      'process.argv[2]',
    )
    const elsewhere = await run('console.log(typeof localStorage)\nlocalStorage.getItem("count")')
    assert.deepEqual([elsewhere.code, elsewhere.stdout], [16, 'object\n'])
    assert.match(elsewhere.stderr, /only an extension that is installed has one/)
    home.extension('keeper', {
      'PhylumExt.toml':
        `name = "keeper"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n`,
      'main.ts': code,
    })
    const change = async (...args: string[]) => {
      const { code, stderr } = await home.phylum(form, ['ext', ...args])
      assert.equal(code, 0, stderr)
    }
    await change('install', '-y', './keeper')
    const keep = async () => {
      const { code, stdout, stderr } = await home.phylum(form, ['keeper'])
      assert.equal(code, 0, stderr)
      const [line, error] = stdout.split('\n')
      assert.equal(error, 'QuotaExceededError')
      return JSON.parse(line!)
    }
    assert.deepEqual(await keep(), [
      null,
      '1',
      2,
      ['count', 'name'],
      { count: '1', name: 'a text' },
      'count',
      null,
      null,
      true,
      false,
      null,
    ])
    const [left, right] = await Promise.all([keep(), keep()])
    assert.deepEqual([left[0], right[0]].sort().at(0), '1')
    await change('uninstall', 'keeper')
    await change('install', '-y', './keeper')
    assert.equal((await keep())[0], null)
  },
)

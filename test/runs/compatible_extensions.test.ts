/** Small extensions as people write them for the Rust CLI, installed, and run by their names. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Outcome } from '../harness/phylum.ts'
import { writeFiles } from '../harness/write_files.ts'
import type { FileContent } from '../harness/write_files.ts'

interface Sample {
  name: string
  /** Lines of `[permissions]`. */
  permissions?: string
  /** Its entry point; "<home>" stands for the user's home, "<host>" for a host that is there. */
  main: string
  files?: Record<string, FileContent>
  args?: string[]
  /** What it prints, or what stands in its error. */
  prints?: string
  fails?: RegExp
  code?: number
}

/** Tries what an extension tries, and prints what is said about it. */
const TELL =
  `const tell = async (attempt) => console.log(await Promise.resolve().then(attempt).catch((error) => error.name + ': ' + error.message));`

const SAMPLES: Sample[] = [
  {
    name: 'permitted',
    permissions:
      'read = ["~/notes.txt"]\nwrite = ["./out"]\nenv = ["HOME"]\nrun = ["echo"]\nnet = ["<host>"]',
    main: `import { inner } from "./lib/typed.ts";
      import { plain } from "./plain.js";
      const { late } = await import("./late.ts");
      console.log(inner satisfies string, plain, late);
      console.log(Deno.args);
      console.log(await Deno.readTextFile("<home>/notes.txt"));
      await Deno.writeTextFile("out/written", "text");
      console.log(Deno.env.get("HOME") === "<home>");
      const { code, stdout } = await new Deno.Command("echo", { args: ["run"] }).output();
      console.log(code, new TextDecoder().decode(stdout).trim());
      console.log((await fetch("http://<host>/page")).status);
      console.log(JSON.stringify(Phylum.getCurrentProject()));
      console.log(JSON.stringify(Phylum.permissions()).replaceAll("<host>", ""));`,
    files: {
      'lib/typed.ts':
        'import { late } from "../late.ts"; export const inner: string = `typed ${late}`;',
      'plain.js': 'export const plain = "plain";',
      'late.ts': 'export const late = "late";',
    },
    args: ['--test', '-x', 'a', '--help'],
    prints: `typed late plain late
[ "--test", "-x", "a", "--help" ]
a note
true
0 run
200
{"id":"a3a898bc-e954-4ff6-ba36-6a19beefedaa","name":"website","created_at":"2022-08-18T18:41:46.468054855+02:00","group_name":null}
{"read":["~/notes.txt"],"write":["./out"],"env":["HOME"],"run":["echo"],"unsandboxed_run":false,"net":[""]}
`,
  },
  {
    name: 'not-permitted',
    permissions:
      'read = ["~/notes.txt"]\nwrite = ["./out"]\nenv = ["HOME"]\nrun = ["echo"]\nnet = ["<host>"]',
    main: `${TELL}
      await tell(() => Deno.readTextFile("<home>/other.txt"));
      await tell(() => Deno.writeTextFile("elsewhere", "text"));
      await tell(() => Deno.env.get("SHELL"));
      await tell(() => new Deno.Command("ls").output());
      await tell(async () => (await Deno.permissions.request({ name: "net" })).state);
      await tell(() => fetch("https://phylum.io"));
      await tell(async () => (await Deno.permissions.request({ name: "read", path: "/etc" })).state);`,
    prints: `NotCapable: Requires read access to "<home>/other.txt", ...
NotCapable: Requires write access to "elsewhere", ...
NotCapable: Requires env access to "SHELL", ...
NotCapable: Requires run access to "ls", ...
denied
NotCapable: Requires net access to "phylum.io:443"
denied
`,
  },
  {
    name: 'empty-lists',
    permissions: 'read = []\nwrite = []\nenv = []\nrun = []\nnet = []',
    main: 'await Deno.readTextFile("<home>/notes.txt");',
    fails:
      /^error: Uncaught NotCapable in extension "empty-lists": Requires read access to "\S+\/notes\.txt"\n +at .*main\.ts:1:12\n/,
  },
  {
    name: 'module-outside',
    main: 'import "../../../../outside.ts";',
    fails: /Requires read access to "\S+\/outside\.ts"/,
  },
  {
    name: 'module-link',
    permissions: 'read = ["~/"]',
    main: 'import "./link.ts";',
    files: { 'link.ts': { link: '../../../../outside.ts' } },
    fails: /the link "link\.ts" leads out of it/,
    code: 21,
  },
  { name: 'exit', main: 'Deno.exit(42);', prints: '', code: 42 },
  {
    name: 'uncaught',
    main: 'function inner() {\n  throw new RangeError("out of it");\n}\ninner();',
    fails:
      /^error: Uncaught RangeError in extension "uncaught": out of it\n +at inner \(main\.ts:2:9\)\n +at main\.ts:4:1\n/,
  },
  {
    name: 'rejected',
    main: 'Promise.reject("a text");',
    fails: /^error: Uncaught value in extension "rejected": a text\n/,
  },
  {
    name: 'unable',
    main: `import { PhylumApi } from "phylum";
      ${TELL}
      await tell(() => PhylumApi.getRefreshToken());
      await tell(() => Phylum.parseDependencyFile("package-lock.json"));
      await tell(() => Phylum.deleteProject("nothing", "acme"));
      await tell(() => Phylum.createProject("mine"));
      await tell(() => Phylum.getPackageDetails("left-pad", "1.0.0", "npm"));
      const all = await Promise.all(Array.from({ length: 9 }, () => Phylum.getUserInfo()));
      console.log(all.length, all[8].email);`,
    prints:
      `Error: Cannot give the refresh token: the credential stays with the host. Phylum.fetch() sends requests with it, and what Phylum.getAccessToken() gives stands for it where fetch() sends a request to the API
Error: Cannot read dependency file "package-lock.json": this version of phylum reads none yet, a later one will
Error: Cannot find project "nothing": there is none in group "acme"
StatusError: Cannot create project "mine": you may not
Error: Cannot tell about package "left-pad": it has not been processed yet
9 ada@example.org
`,
  },
]

const FORM = ONE_FORM.at(-1)!

test(
  `extensions in the style of the Rust CLI do as they do there [${FORM}]`,
  { timeout: 120_000 },
  withHome(async (home) => {
    const canary = createCanary()
    const api = await startFakeApi({
      '/locksmith/v1/.well-known/locksmith-configuration': (_, response) =>
        void response.end(JSON.stringify({ userinfo_endpoint: `${api.origin}/user` })),
      '/user': (_, response) => void response.end('{"email":"ada@example.org"}'),
      '/projects': (_, response) => void response.end('{"values":[],"has_more":false}'),
      '/data/packages/submit': (_, response) => void response.end('{"status":"New"}'),
      '/data/projects': (_, response) =>
        void response.writeHead(403).end('{"error":{"description":"you may not"}}'),
    })
    const other = await startFakeApi()
    const host = new URL(other.origin).host
    const fill = (text: string) => text.replaceAll('<home>', home.path).replaceAll('<host>', host)
    writeFiles(home.path, {
      'notes.txt': 'a note',
      'other.txt': 'secret',
      'outside.ts': 'console.log("it came in")',
      'work/out/x': '',
      'work/.phylum_project':
        'id: a3a898bc-e954-4ff6-ba36-6a19beefedaa\nname: website\ncreated_at: 2022-08-18T18:41:46.468054855+02:00\ngroup_name: null\n',
    })
    for (const { name, permissions, main, files } of SAMPLES) {
      writeFiles(join(home.extensions, name), {
        'PhylumExt.toml': fill(
          `name = "${name}"\ndescription = "x"\n${
            permissions === undefined ? '' : `[permissions]\n${permissions}\n`
          }`,
        ),
        'main.ts': fill(main),
        ...files,
      })
    }
    const environment = { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin, SHELL: '/bin/sh' }
    const run = (sample: Sample) =>
      home.phylum(FORM, ['ext', 'run', '-y', sample.name, ...sample.args ?? []], { environment })
    const outcomes = new Map<Sample, Outcome>()
    const waiting = [...SAMPLES]
    const work = async () => {
      for (let sample = waiting.pop(); sample !== undefined; sample = waiting.pop()) {
        outcomes.set(sample, await run(sample))
      }
    }
    await Promise.all([work(), work(), work()])
    await Promise.all([api.stop(), other.stop()])
    for (const [sample, { code, stdout, stderr }] of outcomes) {
      const what = `${sample.name}: ${code} ${stdout} ${stderr}`
      assert.equal(code, sample.code ?? (sample.fails === undefined ? 0 : 16), what)
      // The engine's advice on flags, which is for people who start it themselves.
      const shown = stdout.replace(/, run again .*/g, ', ...').replaceAll(home.path, '<home>')
      if (sample.prints !== undefined) assert.equal(shown, sample.prints, what)
      assert.match(stderr, sample.fails ?? /^$/, what)
      assert.doesNotMatch(stderr, /--allow/, what)
      assert.doesNotMatch(stdout + stderr, /it came in/, what)
    }
    home.assertNoLeak(
      canary,
      ...[...outcomes.values()].flatMap((each) => Object.values(each).map(String)),
    )
  }),
)

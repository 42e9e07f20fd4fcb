/** Extensions in the style of the Rust CLI that wrap programs: what they list, what they start, what they pass on. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
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
  /** Engines that it is for; Deno alone unless told, for it names `Deno.*`. */
  engines?: readonly ('deno' | 'bun')[]
  /** Lines of `[permissions]`. */
  permissions?: string
  /** Its entry point; "<home>" stands for the user's home. */
  main: string
  files?: Record<string, FileContent>
  args?: string[]
  input?: string
  prints?: string
  fails?: RegExp
  code?: number
}

const BOTH = ['deno', 'bun'] as const

/** A package manager of the user's own: it prints what it was told, writes a lock file, and reads its settings. */
const MANAGER = `#!/bin/sh
echo "manager $*"
case "$1" in
  fail) exit 9 ;;
  lock) echo locked > "$2" ;;
  settings) while read -r line; do echo "settings: $line"; done < "$HOME/.managerrc" ;;
  secret) while read -r line; do echo "$line"; done < "$HOME/.ssh/key" ;;
  phylum) while read -r line; do echo "$line"; done < "$HOME/config/phylum/settings.yaml" ;;
esac
`

const LISTS = `run = ["./", "/bin", "/usr/bin/", "~/.local/bin", "/opt/not/there", "manager", "sh"]
read = ["~/.managerrc", "~/.not-there", "./lock.json", "./not-there.json"]
write = ["./lock.json", "./not-there", "~/.cache/manager"]
env = ["HOME", "PATH"]`

/** Runs the package manager in the sandbox, as wrappers of npm, pip and cargo do. */
const WRAP = `import { PhylumApi } from "phylum";
const manager = (args, more = {}) => PhylumApi.runSandboxed({
  cmd: "manager", args, stdin: "null", stdout: "piped", stderr: "piped",
  exceptions: {
    run: ["./", "/bin", "/usr/bin", "~/.local/bin", "/opt/not/there"],
    read: ["~/.managerrc", "~/.not-there"],
    write: ["./lock.json", "./not-there", "~/.cache/manager"],
    env: ["HOME"], net: false, strict: false, ...more,
  },
});
const tell = (work) => { try { console.log(JSON.stringify(work())) } catch (error) { console.log(error.name + ": " + error.message) } };
`

const SAMPLES: Sample[] = [
  {
    name: 'wrapper',
    engines: BOTH,
    permissions: LISTS,
    main: `${WRAP}
      const { code, success, stdout } = manager(["lock", "./lock.json"]);
      console.log(code, success, stdout.trim());
      console.log(manager(["settings"]).stdout.trim());
      const secret = manager(["secret"]);
      console.log(secret.code !== 0, secret.stdout.trim());
      const settings = manager(["phylum"]);
      console.log(settings.code !== 0, settings.stdout.trim());
      tell(() => manager([], { read: ["~/"] }));
      tell(() => manager([], { read: ["~/.managerrc/../.ssh"] }));
      tell(() => manager([], { read: true }));
      tell(() => manager([], { net: true }));
      tell(() => PhylumApi.runSandboxed({ cmd: "not-there", args: [] }));`,
    prints: `0 true manager lock ./lock.json
manager settings
settings: ours
true manager secret
true manager phylum
NotCapable: Requires read access to "<home>"
NotCapable: Requires read access to "<home>/.ssh"
NotCapable: Requires read access
NotCapable: Requires net access
NotCapable: Requires run access to "not-there"
`,
  },
  {
    name: 'exit-code-of-a-program',
    engines: BOTH,
    permissions: LISTS,
    main: `${WRAP} (globalThis.Deno ?? process).exit(manager(["fail"]).code);`,
    prints: '',
    code: 9,
  },
  {
    // What `run` lists may be read: the manager's settings are, and phylum's are not.
    name: 'home-of-programs',
    engines: BOTH,
    permissions: 'run = ["~/", "sh"]',
    main: `for (const place of [".managerrc", "config/phylum/settings.yaml"]) {
        const args = ["-c", "read -r line < <home>/" + place + " && echo $line"];
        const { code, stdout } = Phylum.runSandboxed({
          cmd: "sh", args, stdout: "piped", stderr: "piped", exceptions: { run: ["~/"] },
        });
        console.log(code === 0, stdout.trim());
      }`,
    prints: 'true ours\nfalse \n',
  },
  {
    name: 'command',
    permissions: 'run = ["~/.local/bin/manager", "./gradlew", "./not-there", "not-there", "sh"]',
    main: `const run = async (program, ...args) => {
        try {
          const { code, stdout } = await new Deno.Command(program, { args }).output();
          console.log(code, new TextDecoder().decode(stdout).trim());
        } catch (error) { console.log(error.name) }
      };
      await run("<home>/.local/bin/manager", "x");
      await run("./gradlew");
      await run("sh", "-c", "exit 3");
      await run("./not-there");
      await run("not-there");
      await run("ls");
      const { code, success } = new Deno.Command("sh", { args: ["-c", "exit 7"] }).outputSync();
      console.log(code, success);`,
    prints: `0 manager x\n0 wrapped\n3 \nNotFound\nNotFound\nNotCapable\n7 false\n`,
  },
  {
    name: 'input',
    permissions: 'run = ["cat"]',
    main: `console.log((await new Response(Deno.stdin.readable).text()).trim().toUpperCase());
      const child = new Deno.Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("through"));
      await writer.close();
      console.log(new TextDecoder().decode((await child.output()).stdout));`,
    input: 'typed\n',
    prints: 'TYPED\nthrough\n',
  },
  {
    name: 'paths',
    permissions: 'read = ["./"]\nrun = ["cat"]',
    main: `console.log(await Deno.readTextFile("a.txt"), await Deno.readTextFile("./sub/../a.txt"));
      console.log([...Deno.readDirSync("sub")].map(({ name }) => name).join());
      console.log(Deno.cwd() === "<home>/work");
      const { stdout } = await new Deno.Command("cat", { args: ["a.txt"], cwd: "./sub" }).output();
      console.log(new TextDecoder().decode(stdout));
      const own = await Deno.readTextFile(new URL("./data.json", import.meta.url));
      console.log(JSON.parse(own).own);
      await Deno.readTextFile("../../etc/passwd").catch((error) => console.log(error.name));`,
    files: { 'data.json': '{"own":true}' },
    prints: 'of work of work\na.txt\ntrue\nof sub\ntrue\nNotCapable\n',
  },
  {
    name: 'missing',
    engines: BOTH,
    permissions: 'read = ["~/.not-there", "./not-there.json"]\nwrite = ["./not-there"]',
    main: `import { readFileSync, writeFileSync } from "node:fs";
      for (const path of ["<home>/.not-there", "./not-there.json"]) {
        try { readFileSync(path) } catch ({ code }) { console.log(code) }
      }
      writeFileSync("not-there", "x");`,
    prints: 'ENOENT\nENOENT\n',
    fails:
      /^error: Uncaught \w+ in extension "missing": .*not-there.*\n +at main\.ts:5:\d+\nhint: "\S+\/work\/not-there" was not there when the run began, so it may not be written: make it before/,
  },
  {
    name: 'modules',
    main: `import { linked } from "./linked.ts";
      import { below } from "./directory/below.ts";
      import data from "./data.json" with { type: "json" };
      const late = await import(\`./\${["late"][0]}.ts\`);
      console.log(linked, below, data.x, late.default);`,
    files: {
      'real/below.ts': 'export const linked = "linked", below = "below";',
      'linked.ts': { link: 'real/below.ts' },
      directory: { link: 'real' },
      'data.json': '{"x":1}',
      'late.ts': 'export default "late";',
    },
    prints: 'linked below 1 late\n',
  },
  {
    name: 'import-map',
    main: 'import "@lib/a.ts";',
    files: {
      'deno.json': '{"imports":{"@lib/":"./lib/"}}',
      'lib/a.ts': 'console.log("it came in")',
    },
    prints: '',
    // deno-lint-ignore no-control-regex
    fails: /^error: Uncaught TypeError in extension "import-map": [^\x1b\n]*"@lib\/a\.ts"[^\x1b]*$/,
  },
  {
    name: 'main-module',
    engines: BOTH,
    main: 'if (import.meta.main) console.log("never");',
    prints: '',
    fails: /^warning: import\.meta\.main is false here/,
    code: 0,
  },
  {
    name: 'syntax',
    engines: BOTH,
    main: 'const x = 1;\nconst y = ;\n',
    prints: '',
    fails: /^error: Uncaught \w+ in extension "syntax": [^]* +at main\.ts:2:11\n/,
  },
  {
    name: 'after-await',
    engines: BOTH,
    main: `async function inner() {\n  await Promise.resolve();\n  throw new TypeError("late");\n}
await inner();`,
    prints: '',
    fails:
      /^error: Uncaught TypeError in extension "after-await": late\n +at inner \(main\.ts:3:\d+\)\n/,
  },
  {
    name: 'own-handler',
    main: `addEventListener("unhandledrejection", (event) => {
        event.preventDefault();
        console.log("handled", event.reason.message);
      });
      Promise.reject(new Error("mine"));
      addEventListener("error", () => Deno.exit(11));
      setTimeout(() => { throw new Error("last") }, 5);`,
    prints: 'handled mine\n',
    code: 11,
  },
  {
    name: 'own-handler-of-node',
    engines: ['bun'],
    main: `process.on("unhandledRejection", ({ message }) => console.log("handled", message));
      process.on("uncaughtException", () => process.exit(11));
      Promise.reject(new Error("mine"));
      setTimeout(() => { throw new Error("last") }, 5);`,
    prints: 'handled mine\n',
    code: 11,
  },
  {
    name: 'unheard-handler',
    main: `addEventListener("unhandledrejection", () => console.log("heard"));
      addEventListener("unhandledrejection", () => console.log("heard"), { once: true });
      Promise.reject(new Error("mine"));`,
    prints: 'heard\nheard\n',
    fails: /^error: Uncaught Error in extension "unheard-handler": mine\n +at main\.ts:3:\d+\n$/,
  },
  {
    name: 'exit-in-handlers',
    main: `addEventListener("unload", () => console.log("unload"));
      Deno.addSignalListener("SIGUSR1", () => Deno.exit(13));
      Deno.kill(Deno.pid, "SIGUSR1");
      setInterval(() => {}, 1000);`,
    permissions: 'run = true',
    prints: 'unload\n',
    code: 13,
  },
  {
    name: 'requests',
    engines: BOTH,
    main:
      `const calls = [["v0/", "groups"], ["v0/", "/groups"], ["v0", "groups"], ["v0", "/groups"]];
      for (const call of calls) console.log((await Phylum.fetch(...call)).status);
      await Phylum.fetch("v0", "/../../oidc/token").catch(({ code }) => console.log(code));`,
    prints: '200\n200\n200\n200\nERR_BROKER_REQUEST\n',
  },
]

const FORM = ONE_FORM.at(-1)!

test(
  `extensions that wrap programs do as they do with the Rust CLI [${FORM}]`,
  { timeout: 180_000 },
  withHome(async (home) => {
    const canary = createCanary()
    const api = await startFakeApi({})
    const fill = (text: string) => text.replaceAll('<home>', home.path)
    writeFiles(home.path, {
      '.local/bin/manager': { program: MANAGER },
      '.managerrc': 'ours\n',
      '.ssh/key': 'a private key\n',
      'config/phylum/settings.yaml':
        `connection:\n  uri: ${api.origin}\nauth_info:\n  offline_access: ${canary}\n`,
      'work/lock.json': '',
      'work/gradlew': { program: '#!/bin/sh\necho wrapped\n' },
      'work/a.txt': 'of work',
      'work/sub/a.txt': 'of sub',
      'work/out/x': '',
    })
    chmodSync(home.settingsFile, 0o600)
    const environment = {
      PHYLUM_API_KEY: canary,
      PHYLUM_API_URI: api.origin,
      PATH: `${home.path}/.local/bin:${home.environment['PATH']}`,
    }
    const all = SAMPLES.flatMap((sample) =>
      (sample.engines ?? ['deno'] as const).map((engine) => ({ sample, engine }))
    )
    const said: string[] = []
    for (const { sample, engine } of all) {
      // A name that a URL writes differently.
      const place = `work/für ${engine}/${sample.name}`
      writeFiles(join(home.path, place), {
        'PhylumExt.toml': `name = "${sample.name}"\ndescription = "x"\nengine = "${engine}"\n${
          sample.permissions === undefined ? '' : `[permissions]\n${sample.permissions}\n`
        }`,
        'main.ts': fill(sample.main),
        ...sample.files,
      })
      const path = `./für ${engine}/${sample.name}`
      const outcome = await home.phylum(FORM, ['ext', 'run', '-y', path, ...sample.args ?? []], {
        environment,
        ...(sample.input === undefined ? {} : { input: sample.input }),
      })
      said.push(outcome.stdout, outcome.stderr)
      assertOutcome(sample, outcome, `${sample.name} in ${engine}`)
      // Each engine begins anew.
      assert.equal(existsSync(join(home.path, 'work/not-there')), false)
    }
    await api.stop()
    assert.equal(readFileSync(join(home.path, 'work/lock.json'), 'utf8'), 'locked\n')
    home.assertNoLeak(canary, ...said)

    function assertOutcome(sample: Sample, { code, stdout, stderr }: Outcome, name: string): void {
      const what = `${name}: ${code}\n${stdout}\n${stderr}`
      assert.equal(code, sample.code ?? (sample.fails === undefined ? 0 : 16), what)
      if (sample.prints !== undefined) {
        assert.equal(stdout.replaceAll(home.path, '<home>'), sample.prints, what)
      }
      assert.match(stderr, sample.fails ?? /^$/, what)
      assert.doesNotMatch(stdout + stderr, /it came in|a private key|--allow/, what)
    }
  }),
)

test(
  `D63 a path that appears in a run is not granted in it, wherever it leads [${FORM}]`,
  withHome(async (home) => {
    writeFiles(home.path, { '.ssh/key': 'a private key\n', 'work/out/x': '' })
    const late = `${home.path}/work/out/late`
    for (const engine of BOTH) {
      home.extension(engine, {
        'PhylumExt.toml':
          `name = "late"\ndescription = "x"\nengine = "${engine}"\n[permissions]\nread = ["${late}"]\nwrite = ["./out"]\nrun = ["ln", "cat"]\n`,
        'main.ts': `import { readFileSync } from "node:fs";
          const { code } = Phylum.runSandboxed({
            cmd: "ln", args: ["-s", "${home.path}/.ssh/key", "${late}"], stderr: "null",
            exceptions: { write: ["./out"] },
          });
          console.log(code);
          try { console.log(readFileSync("${late}", "utf8").trim()) } catch { console.log("refused") }
          const { stdout } = Phylum.runSandboxed({
            cmd: "cat", args: ["${late}"], stdout: "piped", stderr: "null",
            exceptions: { read: ["${late}"] },
          });
          console.log("command:", stdout.trim());`,
      })
      const run = async () => (await home.phylum(FORM, ['ext', 'run', '-y', `./${engine}`])).stdout
      assert.equal(await run(), '0\nrefused\ncommand: \n', engine)
      // Whoever names the place in full means what lies there when the run begins.
      assert.equal(await run(), '1\na private key\ncommand: a private key\n', engine)
      rmSync(late)
    }
  }),
)

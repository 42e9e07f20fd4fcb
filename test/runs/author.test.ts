/** What an author does, by the whole program: begin an extension, check it, test it, run it, pack it and share it. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { createRepository } from '../harness/git_repository.ts'
import { startGitServer } from '../harness/git_server.ts'
import { startNpmRegistry } from '../harness/npm_registry.ts'
import { onAllRuntimes, ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'

const FORM = ONE_FORM.at(-1)!

async function succeed(home: Home, form: Form, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await home.phylum(form, args)
  assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
  return stdout + stderr
}

/** Reads the files of an extension that are shared, as digests by path. */
function readTree(directory: string): Record<string, string> {
  const names = (readdirSync(directory, { recursive: true }) as string[]).sort()
    .filter((name) => !name.startsWith('.') && statSync(join(directory, name)).isFile())
  assert.ok(names.includes('PhylumExt.toml') && names.includes('main.ts'), names.join())
  return Object.fromEntries(names.map((name) => {
    const bytes = readFileSync(join(directory, name))
    return [name, createHash('sha256').update(bytes).digest('hex')]
  }))
}

for (const engine of ['deno', 'bun']) {
  test(
    `what phylum ext new makes passes its check and its tests, runs, and is the same bytes by every road, in engine ${engine}`,
    withHome(async (home) => {
      const phylum = (...args: string[]) => succeed(home, FORM, args)
      const registry = await startNpmRegistry()
      const repositories = join(home.path, 'repositories')
      const server = await startGitServer(repositories)
      try {
        writeFileSync(join(home.path, '.npmrc'), registry.npmrc)
        await Promise.all(['api', 'cli', 'minimal'].map(async (template) => {
          const name = `my-${template}`
          await phylum('ext', 'new', name, '--template', template, '--engine', engine)
          assert.match(await phylum('ext', 'check', `./${name}`), /0 faults; 0 warnings/)
          await phylum('ext', 'test', '-y', `./${name}`)
          await phylum('ext', 'pack', `./${name}`)

          const directory = join(home.path, 'work', name)
          const archive = `${directory}-0.1.0.tgz`
          await registry.publish(`@team/${name}`, '0.1.0', readFileSync(archive))
          const files = readTree(directory)
          // With what an author has committed beside it, which nobody gets.
          cpSync(directory, join(repositories, name), { recursive: true })
          const repository = createRepository(join(repositories, name))
          repository.git('add', '-A')
          repository.git('commit', '-q', '-m', 'x')
          const sources = [
            `./${name}`,
            archive,
            `git+${server.origin}/${name}.git`,
            `npm:@team/${name}`,
          ]
          for (const source of sources) {
            await phylum('ext', 'install', '-y', source)
            assert.deepEqual(readTree(join(home.extensions, name)), files, source)
            if (template !== 'api') assert.match(await phylum(name), /^usage: |^Hello/)
            await phylum('ext', 'uninstall', name)
          }
        }))
      } finally {
        await server.stop()
        await registry.stop()
      }
    }),
  )

  test(
    `every file of tests has what the manifest grants, in engine ${engine}`,
    onAllRuntimes(async (home, form) => {
      const canary = createCanary()
      const own = engine === 'deno'
        ? `new Deno.Command('sh', { args: ['-c', SCRIPT] }).outputSync()`
        : `Bun.spawnSync(['sh', '-c', SCRIPT])`
      // Two files: under Deno, each is a world of its own.
      const code = `
        import assert from 'node:assert/strict'
        import { test } from 'node:test'
        import { api, PhylumApi } from 'phylum'
        const SCRIPT = 'echo "$SECRET$PHYLUM_API_KEY"'
        test('the server of the tests answers', async () => {
          assert.equal((await api.groups.list()).groups[0].group_name, 'acme')
        })
        test('the host answers while one waits', () => assert.equal(PhylumApi.getCurrentProject(), null))
        test('unsandboxed_run', () => {
          assert.equal(new TextDecoder().decode((${own}).stdout), "the user's own\\n")
        })`
      home.extension('sample', {
        'PhylumExt.toml':
          `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n` +
          `[api]\nallow = ["GET /groups"]\n[permissions]\nunsandboxed_run = ["sh"]\n`,
        'main.ts': '',
        'a_test.ts': code,
        'b.test.ts': code,
      })
      const outcome = await home.phylum(form, ['ext', 'test', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: canary, SECRET: "the user's own" },
      })
      assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr)
      home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
    }),
  )
}

test(
  'a test that fails is told, by the exit code too, and options reach the runner with -- alone',
  onAllRuntimes(async (home, form) => {
    const directory = home.extension('sample', {
      'PhylumExt.toml': `name = "sample"\n[api]\nallow = []\n`,
      'main.ts': '',
      'main_test.ts': `import { test } from 'node:test'\n` +
        `test('good', () => {})\ntest('bad', () => { throw new Error('told') })\n`,
    })
    const run = (...options: string[]) =>
      home.phylum(form, ['ext', 'test', ...options], { directory })
    const failed = await run()
    assert.equal(failed.code, 1, failed.stdout + failed.stderr)
    assert.match(failed.stdout + failed.stderr, /Error: told/)
    const filtered = await run('--', '--filter', 'good')
    assert.equal(filtered.code, 0, filtered.stdout + filtered.stderr)
    const granting = await run('--', '--allow-all')
    assert.equal(granting.code, 2)
    assert.match(granting.stderr, /Cannot pass "--allow-all" to the tests/)
  }),
)

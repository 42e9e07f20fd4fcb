/**
 * How much of the wall there is, on systems that lack something of it: what is refused, what runs, and what is said.
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { BUN, ROOT, RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Home, Outcome } from '../harness/phylum.ts'
import { spawnSync } from 'node:child_process'

/** What a system may lack: numbers of system calls, and how they fail. */
const LACKS = {
  nothing: '',
  // By unshare(2), by clone(2) with a flag for a user namespace, and by clone3(2), whose flags nobody can look at.
  namespaces: '272/97=1,56/220&0x10000000=1,435/435=38',
  // Some systems let only programs that they know mount anything; the launcher mounts by open_tree(2), bwrap does not.
  mounts: '428/428=1',
  Landlock: '444/444=38',
  seccomp: '317/277=22',
  // As a system answers that lets no file in memory be executed (vm.memfd_noexec=2).
  'files in memory': '319/279=13',
} as const

interface Stage {
  home: Home
  /** Runs phylum on a system that lacks something. */
  phylum(lack: keyof typeof LACKS, args: readonly string[]): Promise<Outcome>
}

function onStage(name: string, body: (stage: Stage) => Promise<void>): void {
  for (const form of RUNTIMES) {
    test(
      `${name} [${form}]`,
      withHome(async (home) => {
        const api = await startFakeApi()
        const canary = createCanary()
        try {
          await body({
            home,
            async phylum(lack, args) {
              const outcome = await home.phylum(form, args, {
                environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin },
                under: [
                  BUN,
                  '--no-env-file',
                  '--config=/dev/null',
                  join(ROOT, 'test/harness/deprived.ts'),
                  LACKS[lack],
                  '--',
                ],
              })
              home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
              return outcome
            },
          })
        } finally {
          await api.stop()
        }
      }),
    )
  }
}

const GROUPS = ['ext', 'run', '-y', 'groups']

function setWall(home: Home, value: string): void {
  mkdirSync(dirname(home.settingsFile), { recursive: true, mode: 0o700 })
  const text = `connection:\n  uri: https://api.phylum.io\nsandbox:\n  wall: ${value}\n`
  writeFileSync(home.settingsFile, text, { mode: 0o600 })
}

onStage(
  'N196 on a system that lacks nothing, the wall is whole and nothing is said',
  async ({ phylum }) => {
    const run = await phylum('nothing', GROUPS)
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, '[]\n', ''])
    const check = await phylum('nothing', ['sandbox', '--check', '--json'])
    const { level, layers } = JSON.parse(check.stdout)
    assert.deepEqual([check.code, level], [0, 'full'], check.stdout)
    assert.deepEqual(layers.map((each: { enforced: boolean }) => each.enforced), [true, true, true])
  },
)

onStage(
  'N196 without namespaces the Deno engine runs, and each run says so',
  async ({ home, phylum }) => {
    for (let i = 0; i < 2; i++) {
      const run = await phylum('namespaces', GROUPS)
      assert.deepEqual([run.code, run.stdout], [0, '[]\n'], run.stderr)
      assert.match(
        run.stderr,
        /^warning: the wall has no namespaces here, .*phylum itself: .*clone.*; .*bwrap/,
      )
    }
    const check = await phylum('namespaces', ['sandbox', '--check', '--json'])
    const { level, missing } = JSON.parse(check.stdout)
    assert.deepEqual([check.code, level], [1, 'partial'])
    assert.match(missing.join(), /bubblewrap/)
    assert.match((await phylum('namespaces', ['sandbox', '--check'])).stdout, /^namespaces +no /m)
    setWall(home, 'partial')
    const agreed = await phylum('namespaces', GROUPS)
    assert.deepEqual([agreed.code, agreed.stderr], [0, ''])
    setWall(home, 'full')
    const refused = await phylum('namespaces', GROUPS)
    assert.equal(refused.code, 117)
    assert.match(refused.stderr, /^error\[ERR_SANDBOX_START\]: .*namespaces/)
  },
)

onStage(
  'N196 namespaces that are gone since they last worked end the run, and are not counted on again',
  async ({ phylum }) => {
    assert.equal((await phylum('nothing', GROUPS)).code, 0)
    const gone = await phylum('namespaces', GROUPS)
    assert.equal(gone.code, 117)
    assert.match(
      gone.stderr,
      /^error\[ERR_SANDBOX_START\]: Cannot put up the wall: namespaces failed/m,
    )
    const next = await phylum('namespaces', GROUPS)
    assert.deepEqual([next.code, /^warning: the wall has no namespaces/.test(next.stderr)], [
      0,
      true,
    ])
  },
)

onStage('N196 where the launcher may not mount, bwrap does', async ({ home, phylum }) => {
  const run = await phylum('mounts', GROUPS)
  assert.deepEqual([run.code, run.stdout, run.stderr], [0, '[]\n', ''])
  const check = JSON.parse((await phylum('mounts', ['sandbox', '--check', '--json'])).stdout)
  assert.equal(check.level, 'full')
  assert.match(check.layers[0].detail, /bwrap$/)
  for (
    const [engine, start] of [
      ['deno', `new Deno.Command('echo', { args: ['started'] }).outputSync()`],
      ['bun', `Bun.spawnSync(['echo', 'started'])`],
    ]
  ) {
    home.extension('sample', {
      'PhylumExt.toml':
        `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = true\n[permissions]\nrun = ["echo"]\n`,
      'main.ts': `import { api } from 'phylum'
        const { stdout } = ${start}
        console.log((await api.fetch('/groups')).status, new TextDecoder().decode(stdout).trim())
        process.exit(7)`,
    })
    const sample = await phylum('mounts', ['ext', 'run', '-y', './sample'])
    assert.deepEqual([sample.code, sample.stdout], [7, '200 started\n'], sample.stderr)
  }
})

onStage('N196 without namespaces, nothing that only they hold is run', async ({ home, phylum }) => {
  for (const permissions of ['run = ["cat"]', 'write = true', 'write = ["~/"]']) {
    home.extension('sample', {
      'PhylumExt.toml':
        `name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n[permissions]\n${permissions}\n`,
      'main.ts': `console.log('ran')`,
    })
    const run = await phylum('namespaces', ['ext', 'run', '-y', './sample'])
    assert.deepEqual([run.code, run.stdout], [117, ''], permissions)
    assert.match(run.stderr, /^error\[ERR_SANDBOX_START\]: /m)
    assert.equal((await phylum('nothing', ['ext', 'run', '-y', './sample'])).stdout, 'ran\n')
  }
})

for (const layer of ['Landlock', 'seccomp'] as const) {
  onStage(
    `N196 without ${layer} nothing runs but what the user runs without the wall`,
    async ({ home, phylum }) => {
      const run = await phylum(layer, GROUPS)
      assert.deepEqual([run.code, run.stdout], [117, ''])
      const named = layer === 'Landlock' ? /Landlock failed/ : /the filter of system calls failed/
      assert.match(run.stderr, named)
      assert.match(run.stderr, /^hint: --no-wall/m)
      const check = await phylum(layer, ['sandbox', '--check', '--json'])
      assert.deepEqual([check.code, JSON.parse(check.stdout).level], [1, 'none'])
      const open = await phylum(layer, ['ext', 'run', '-y', '--no-wall', 'groups'])
      assert.deepEqual([open.code, open.stdout], [0, '[]\n'], open.stderr)
      assert.match(open.stderr, /^warning: the kernel's wall is off/)
      setWall(home, 'off')
      const off = await phylum(layer, GROUPS)
      assert.deepEqual([off.code, off.stdout], [0, '[]\n'], off.stderr)
      assert.match(off.stderr, /^warning: the kernel's wall is off/)
    },
  )
}

onStage(
  'M183 an extension gets no more memory than the settings let it',
  async ({ home, phylum }) => {
    for (const engine of ['deno', 'bun']) {
      home.extension('sample', {
        'PhylumExt.toml':
          `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = []\n`,
        'main.ts': `const held = []
        try { for (let i = 0; i < 128; i++) held.push(new Uint8Array(16 * 1024 ** 2)) } catch {}
        console.log(held.length === 128 ? 'all' : 'some')`,
      })
      setWall(home, 'full')
      assert.equal((await phylum('nothing', ['ext', 'run', '-y', './sample'])).stdout, 'all\n')
      setWall(home, 'full\n  memory: 256')
      const { code, stdout } = await phylum('nothing', ['ext', 'run', '-y', './sample'])
      assert.ok(stdout === 'some\n' || code !== 0, `${engine}: ${code} ${stdout}`)
    }
  },
)

onStage('a wall that the settings ask for must be one of three', async ({ home, phylum }) => {
  setWall(home, 'high')
  const { code, stderr } = await phylum('nothing', GROUPS)
  setWall(home, 'full\n  memory: 3GB')
  assert.match((await phylum('nothing', GROUPS)).stderr, /sandbox\.memory.*MiB/)
  assert.deepEqual([code, /sandbox\.wall.*full, partial or off/.test(stderr)], [1, true], stderr)
})

onStage(
  'N196 without files in memory there is no launcher, and nothing runs',
  async ({ phylum }) => {
    const run = await phylum('files in memory', GROUPS)
    assert.deepEqual([run.code, run.stdout], [117, ''])
    assert.match(
      run.stderr,
      /^error\[ERR_SANDBOX_START\]: .*memfd_create.*\nhint: .*vm\.memfd_noexec/m,
    )
    const check = await phylum('files in memory', ['sandbox', '--check', '--json'])
    const { level, layers } = JSON.parse(check.stdout)
    assert.deepEqual([check.code, level], [1, 'none'])
    for (const { detail } of layers) assert.match(detail, /memfd_create/)
    const refused = await phylum('files in memory', ['ext', 'run', '-y', '--no-wall', 'groups'])
    assert.deepEqual([refused.code, refused.stdout], [0, '[]\n'], refused.stderr)
  },
)

test('the systems of these tests lack what they should lack', () => {
  const run = (lack: keyof typeof LACKS, ...command: string[]) =>
    spawnSync(BUN, [join(ROOT, 'test/harness/deprived.ts'), LACKS[lack], '--', ...command])
  assert.equal(run('nothing', '/usr/bin/unshare', '-Ur', '/bin/true').status, 0)
  assert.notEqual(run('namespaces', '/usr/bin/unshare', '-Ur', '/bin/true').status, 0)
})

/** Asks the host, and waits for its answer, which is no. */
const ASKING = `import { runSandboxed } from 'phylum'
try { runSandboxed({ cmd: 'cat' }) } catch (error) { console.log(error.message) }
`

onStage(
  'a guest can ask its host and wait for the answer, however much of the wall there is',
  async ({ home, phylum }) => {
    home.extension('sample', {
      'PhylumExt.toml':
        'name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n',
      'main.ts': ASKING,
    })
    // In this order: what has worked once is not tried again.
    for (
      const [lack, ...words] of [['namespaces'], ['nothing', '--no-wall'], ['nothing']] as const
    ) {
      const { stdout, stderr } = await phylum(lack, ['ext', 'run', '-y', ...words, './sample'])
      assert.equal(stdout, 'Requires run access to "cat"\n', stderr)
    }
  },
)

onStage(
  'where bwrap makes the namespaces, commands of extensions run all the same',
  async ({ home, phylum }) => {
    home.extension('sample', {
      'PhylumExt.toml':
        'name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = []\n[permissions]\nrun = ["sh"]\nunsandboxed_run = ["cat"]\n',
      'main.ts': `import { runSandboxed } from 'phylum'
        console.log(runSandboxed({ cmd: 'sh', args: ['-c', 'echo $0; kill -9 $$', 'in'], stdout: 'piped' }))
        const { code, stdout } = new Deno.Command('cat', { args: [Deno.args[0], '/etc/passwd'], stderr: 'null' }).outputSync()
        console.log(code, new TextDecoder().decode(stdout).startsWith('root:'))`,
    })
    setWall(home, 'full')
    const { stdout, stderr } = await phylum('mounts', [
      'ext',
      'run',
      '-y',
      './sample',
      home.settingsFile,
    ])
    assert.match(stdout, /code: 137,\s+signal: 9,\s+stdout: "in\\n"/, stderr)
    assert.match(stdout, /\n1 true\n$/)
  },
)

/**
 * `unsandboxed_run`: programs that an extension's user has agreed to run as their own. What phylum keeps is closed to them all the
 * same; `test/attacks` tries to get at it.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { onAllRuntimes, outcomeOf, RUNTIMES, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome, StartOptions } from '../harness/phylum.ts'

interface Trial {
  home: Home
  form: Form
  engine: 'deno' | 'bun'
  code: string
  permissions?: string
  options?: StartOptions
}

function write({ home, engine, code, permissions = 'unsandboxed_run = ["sh", "git"]' }: Trial) {
  home.extension('sample', {
    'PhylumExt.toml':
      `name = "sample"\ndescription = "x"\nversion = "1.0.0"\nengine = "${engine}"\n[api]\nallow = []\n[permissions]\n${permissions}\n`,
    'main.ts': code,
  })
}

async function tryIt(trial: Trial): Promise<Outcome> {
  const { home, form, options = {} } = trial
  const canary = createCanary()
  write(trial)
  const outcome = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
    input: 'typed\n',
    ...options,
    environment: { PHYLUM_API_KEY: canary, SECRET: "the user's own", ...options.environment },
  })
  home.assertNoLeak(canary, outcome.stdout, outcome.stderr)
  return outcome
}

const DENO_CODE = `
const run = (script, options = {}) => new Deno.Command('sh', { args: ['-c', script], ...options })
const show = ({ code, signal, stdout, stderr }) =>
  console.log(JSON.stringify([code, signal, ...[stdout, stderr].map((each) => new TextDecoder().decode(each))]))
show(run('cat; echo "$SECRET$PHYLUM_API_KEY"; echo err >&2; exit 3').outputSync())
show(await run('kill -TERM $$').output())
show(await run('echo $A $SECRET $LD_PRELOAD; pwd', { cwd: '..', clearEnv: true, env: { A: 'a', LD_PRELOAD: 'x' } }).output())
console.log(JSON.stringify(await run('read x; echo "through $x" > new').spawn().status))
const child = run('echo piped; exit 4', { stdout: 'piped' }).spawn()
console.log(JSON.stringify([await new Response(child.stdout).text(), (await child.status).code]))
const sleep = run('sleep 1000').spawn()
sleep.kill()
console.log(JSON.stringify(await sleep.status))
const given = run('sleep 1000', { signal: AbortSignal.timeout(100) })
console.log((await given.output()).signal)
for (const options of [{ stdin: 'piped' }, { uid: 0 }, { cwd: '/no/such' }])
  try { run('', options).outputSync(); console.log('?') } catch (error) { console.log(error.message) }
try { new Deno.Command('cat').outputSync(); console.log('?') } catch (error) { console.log(error.name) }
`

const BUN_CODE = `
import { execFileSync, spawn, spawnSync } from 'node:child_process'
const told = (work) => { try { return work() } catch (error) { return error.message } }
const { status, signal, stdout, stderr } = spawnSync('sh', ['-c', 'cat; echo "$SECRET$PHYLUM_API_KEY"; echo err >&2; exit 3'], { encoding: 'utf8' })
console.log(JSON.stringify([status, signal, stdout, stderr]))
console.log(spawnSync('sh', ['-c', 'kill -TERM $$']).signal)
console.log(execFileSync('sh', ['-c', 'cat; echo $A $SECRET'], { input: 'given ', env: { A: 'a' }, encoding: 'utf8', cwd: '..' }))
console.log(told(() => execFileSync('sh', ['-c', 'exit 5'], { stdio: 'ignore' })))
const result = Bun.spawnSync(['sh', '-c', 'cat; exit 4'], { stdin: Buffer.from('bytes') })
console.log(result.exitCode, result.success, result.stdout.toString())
spawnSync('sh', ['-c', 'read x; echo "through $x" > new'], { stdio: 'inherit' })
for (const work of [() => spawn('git'), () => Bun.spawn(['git']), () => spawnSync('git', { shell: true }), () => spawnSync('git', { stdio: ['ipc'] })])
  console.log(told(work))
console.log(spawnSync('cat').error?.code)
`

test(
  'programs of unsandboxed_run run as the user, in both engines',
  onAllRuntimes(async (home, form) => {
    const made = join(home.path, 'work/new')
    const deno = await tryIt({ home, form, engine: 'deno', code: DENO_CODE })
    assert.deepEqual(deno.stdout.split('\n'), [
      JSON.stringify([3, null, "the user's own\n", 'err\n']),
      JSON.stringify([143, 'SIGTERM', '', '']),
      JSON.stringify([0, null, `a\n${home.path}\n`, '']),
      JSON.stringify({ success: true, code: 0, signal: null }),
      JSON.stringify(['piped\n', 4]),
      JSON.stringify({ success: false, code: 143, signal: 'SIGTERM' }),
      'SIGTERM',
      'Cannot run "sh" outside the sandbox: its stdin can be "inherit" or "null", not "piped"',
      'Cannot run "sh" outside the sandbox: uid cannot be chosen',
      'Cannot run "sh": its directory is not there',
      'Error',
      '',
    ], deno.stderr)
    assert.equal(readFileSync(made, 'utf8'), 'through typed\n')
    writeFileSync(made, '')
    const bun = await tryIt({ home, form, engine: 'bun', code: BUN_CODE })
    assert.deepEqual(bun.stdout.split('\n'), [
      JSON.stringify([3, null, "the user's own\n", 'err\n']),
      'SIGTERM',
      'given a',
      '',
      'Command failed: sh -c exit 5',
      '4 false bytes',
      'Cannot run "git" outside the sandbox: spawnSync() and execFileSync() can run it',
      'Cannot run "git" outside the sandbox: Bun.spawnSync() can run it',
      'Cannot run "git" outside the sandbox: no shell stands in between',
      'Cannot run "git" outside the sandbox: its streams can be "pipe", "inherit" and "ignore"',
      'ENOENT',
      '',
    ], bun.stderr)
    assert.equal(readFileSync(made, 'utf8'), 'through typed\n')
  }),
)

/** The form in which what does not depend on it is tried. */
const [FORM = 'bun'] = RUNTIMES

test(
  'a program of unsandboxed_run sees no run, its own included, and changes no program of phylum',
  withHome(async (home) => {
    const trial: Trial = {
      home,
      form: FORM,
      engine: 'deno',
      code:
        `const script = 'ls "$XDG_RUNTIME_DIR"/phylum-*; touch sample/new "$XDG_DATA_HOME/phylum/new" "$XDG_RUNTIME_DIR/phylum-$(id -u)/new"'
        const { stdout } = await new Deno.Command('sh', { args: ['-c', script] }).output()
        console.log(JSON.stringify(new TextDecoder().decode(stdout)))`,
    }
    const { stdout } = await tryIt(trial)
    assert.equal(JSON.parse(stdout), '')
    for (const place of ['work/sample/new', 'data/phylum/new']) {
      assert.ok(!existsSync(join(home.path, place)), place)
    }
    const [runs = ''] = readdirSync(join(home.path, 'run'))
    assert.deepEqual(readdirSync(join(home.path, 'run', runs)), [])
  }),
)

test(
  'only listed programs run outside, by whatever name they are called',
  withHome(async (home) => {
    mkdirSync(join(home.path, 'work/bin'))
    writeFileSync(join(home.path, 'work/bin/sh'), '#!/bin/sh\necho forged\n', { mode: 0o755 })
    const { stdout } = await tryIt({
      home,
      form: FORM,
      engine: 'bun',
      permissions: 'unsandboxed_run = ["sh"]',
      // The host decides: the guest's own list is the extension's to change.
      code: `import { readdirSync } from 'node:fs'
        const { runOutside } = await import(process.argv[1].replace('guest.js', 'outside.js'))
        const words = ['-c', 'echo own']
        console.log(Bun.spawnSync(['sh', ...words], { env: { PATH: 'bin' } }).stdout.toString().trim())
        console.log(readdirSync('/').length)`,
      options: { environment: { PATH: `bin:${home.environment['PATH']}` } },
    })
    assert.match(stdout, /^own\n/)
  }),
)

test(
  'N190 a program of unsandboxed_run ends with its run, and Ctrl-C reaches it',
  withHome(async (home) => {
    const mark = createCanary().slice(-12)
    write({
      home,
      form: FORM,
      engine: 'deno',
      code:
        `new Deno.Command('sh', { args: ['-c', 'trap "echo caught; exit" INT; echo begun; sleep 1000 & wait; : ${mark}'] }).spawn()
        if (Deno.args[0] === 'exit') setTimeout(() => Deno.exit(0), 500)
        else Deno.addSignalListener('SIGINT', () => setTimeout(() => Deno.exit(3), 300))`,
    })
    const isRunning = () =>
      readdirSync('/proc').filter((each) => /^\d+$/.test(each)).some((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(mark)
        } catch {
          return false
        }
      })
    for (const [word, signal] of [['exit'], ['wait', 'SIGINT'], ['wait', 'SIGKILL']] as const) {
      const child = home.start(FORM, ['ext', 'run', '-y', './sample', word])
      child.stdout!.once('data', () => signal === undefined || child.kill(signal))
      const { stdout, code } = await outcomeOf(child)
      for (let turn = 0; isRunning() && turn < 100; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      assert.ok(!isRunning(), `${word} ${signal ?? ''}`)
      if (signal === 'SIGINT') assert.deepEqual([stdout, code], ['begun\ncaught\n', 3])
    }
  }),
)

/** Shells complete what stands behind "phylum": real ones, with the whole program. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandOf, ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Form, Home } from '../harness/phylum.ts'
import { startProgram } from '../harness/pty.ts'

const form: Form = ONE_FORM.at(-1)!

function whyNo(shell: string): string | false {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0 ? false : `${shell} is not installed`
}

/** Names that a shell, or a script for one, could take for an order; each creates "PWNED" where it is one. */
const HOSTILE = [
  '$(touch PWNED)',
  '`touch PWNED`',
  "report'; touch PWNED; '",
  'report"; touch PWNED; "',
  'report\ntouch PWNED',
  'report; touch PWNED',
  'report|touch PWNED',
  '\u001b]0;x\u0007',
  '-y',
  '${(e):-$(touch PWNED)}',
]

/** Puts "phylum" into PATH, and installs extensions; what any of them runs leaves a mark. */
function prepare(home: Home, names: readonly string[]): Record<string, string> {
  const bin = join(home.path, 'bin')
  mkdirSync(bin)
  const words = commandOf(form).map((word) => `'${word}'`).join(' ')
  writeFileSync(join(bin, 'phylum'), `#!/bin/sh\nexec ${words} "$@"\n`)
  chmodSync(join(bin, 'phylum'), 0o755)
  for (const name of names) {
    const directory = join(home.extensions, name)
    mkdirSync(directory, { recursive: true })
    writeFileSync(
      join(directory, 'PhylumExt.toml'),
      `name = "report"\nversion = "1.0.0"\ndescription = "$(touch PWNED)"\n[api]\nallow = []\n`,
    )
    writeFileSync(join(directory, 'main.ts'), `Deno.writeTextFileSync('PWNED', '')`)
  }
  return { PATH: `${bin}:${home.environment['PATH']}` }
}

/** Runs a script in a shell, and gives its lines. */
function runShell(home: Home, words: readonly string[], more: Record<string, string>): string[] {
  const [shell = '', ...args] = words
  const { stdout, stderr } = spawnSync(shell, args, {
    cwd: join(home.path, 'work'),
    env: { ...home.environment, ...more },
  })
  assert.equal(String(stderr), '')
  return String(stdout).split('\n').filter(Boolean)
}

/** Asks bash what follows some words, as it does when somebody presses Tab. */
function askBash(home: Home, more: Record<string, string>, lines: readonly string[][]): string[] {
  const asked = lines.map((words) =>
    `COMP_WORDS=(${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${words.length - 1}
     _phylum; printf '%s ' "\${COMPREPLY[@]}"; echo .`
  )
  const script = `source <(phylum completion bash)\n${asked.join('\n')}`
  return runShell(home, ['bash', '--norc', '--noprofile', '-c', script], more)
}

function assertInert(home: Home): void {
  for (const place of ['work', '.']) {
    assert.ok(!existsSync(join(home.path, place, 'PWNED')), 'a name was taken for an order')
  }
}

test(
  'L176 a script that hands names to the shell as they are runs them',
  { skip: whyNo('bash') },
  withHome((home) => {
    const work = join(home.path, 'work')
    spawnSync('bash', ['-c', 'compgen -W "$1"', 'bash', HOSTILE[0]!], { cwd: work })
    assert.ok(existsSync(join(work, 'PWNED')))
    return Promise.resolve()
  }),
)

test(
  'L176 bash completes commands and names, and takes no name for an order',
  { skip: whyNo('bash') },
  withHome((home) => {
    const more = prepare(home, ['report', 'sbom-2', ...HOSTILE])
    const answers = askBash(home, more, [
      ['phylum', 'ext', 'ro'],
      ['phylum', 'rep'],
      ['phylum', 'ext', 'run', ''],
      ['phylum', 'ext', 'uninstall', ''],
      ['phylum', '--color', '=', 'al'],
      ['phylum', 'ext', 'run', '--no-w'],
      ['phylum', 'report', '--'],
    ])
    assert.deepEqual(answers, [
      'rollback .',
      'report .',
      'fetch groups report sbom-2 .',
      'report sbom-2 .',
      'always .',
      '--no-wall .',
      ' .',
    ])
    assertInert(home)
    return Promise.resolve()
  }),
)

test(
  'bash completes what was installed a moment ago, and never starts a phylum of the directory one stands in',
  { skip: whyNo('bash') },
  withHome((home) => {
    const more = prepare(home, [])
    const here = join(home.path, 'work/phylum')
    writeFileSync(here, '#!/bin/sh\ntouch PWNED\n')
    chmodSync(here, 0o755)
    const script = `source <(phylum completion bash)
      COMP_WORDS=(./phylum rep); COMP_CWORD=1; _phylum; echo "\${#COMPREPLY[@]}"
      mkdir -p "$XDG_DATA_HOME/phylum/extensions/report"
      _phylum; echo "\${COMPREPLY[@]}"`
    const lines = runShell(home, ['bash', '--norc', '--noprofile', '-c', script], more)
    assert.deepEqual(lines, ['0', 'report'])
    assertInert(home)
    return Promise.resolve()
  }),
)

test(
  'L176 fish completes commands and names, and says what they are for',
  { skip: whyNo('fish') },
  withHome((home) => {
    const more = prepare(home, ['report', ...HOSTILE])
    const script = `phylum completion fish | source
      for line in 'phylum ext ro' 'phylum ext run ' 'phylum --color=al'; complete -C $line; end`
    assert.deepEqual(runShell(home, ['fish', '--no-config', '-c', script], more), [
      'rollback\tGo back to the version before',
      'fetch\textension',
      'groups\textension',
      'report\textension',
      '--color=always',
    ])
    assertInert(home)
    return Promise.resolve()
  }),
)

test(
  'L176 zsh completes commands and names on a terminal',
  { skip: whyNo('zsh') },
  withHome(async (home) => {
    const more = prepare(home, ['report', ...HOSTILE])
    const terminal = startProgram(home, ['/usr/bin/env', 'zsh', '-f', '-i'], {
      environment: { ...more, PS1: 'ready> ' },
      columns: 200,
    })
    await terminal.shows(/ready> /)
    terminal.type(
      'autoload -U compinit; compinit -u -D; source <(phylum completion zsh); echo lo""aded\r',
    )
    await terminal.shows(/\bloaded\b/)
    terminal.type('phylum ext ro\t')
    await terminal.shows(/llback/)
    terminal.type('\u0015phylum ext run \t')
    // What is for the same stands on one line.
    await terminal.shows(/(?=.*report)(?=.*groups).*fetch.* -- extension/)
    terminal.type('\u0015phylum ext r\t')
    await terminal.shows(/rollback +-- Go back to the version before/)
    terminal.close()
    await terminal.ended
    assertInert(home)
  }),
)

test(
  'a thousand installed extensions do not make completion slow',
  withHome(async (home) => {
    const more = prepare(home, [])
    const took = async () => {
      let best = Infinity
      for (let times = 0; times < 5; times++) {
        const started = performance.now()
        const outcome = await home.phylum(form, ['__complete', '=', 'ext', 'run'], {
          environment: more,
        })
        best = Math.min(best, performance.now() - started)
        assert.equal(outcome.code, 0)
        assert.match(outcome.stdout, /^words\n/)
      }
      return best
    }
    const without = await took()
    for (let each = 0; each < 1000; each++) {
      mkdirSync(join(home.extensions, `extension-${each}`), { recursive: true })
    }
    const limit = Math.max(2 * without, without + 20)
    const withThem = await took()
    assert.ok(withThem <= limit, `${withThem} ms with them, ${without} ms without`)
    assert.equal(readdirSync(home.extensions).length, 1000)
  }),
)

test(
  'completion names the shells that it knows',
  withHome(async (home) => {
    const script = await home.phylum(form, ['completion', 'powershell'])
    assert.match(script.stdout, /^Register-ArgumentCompleter -Native -CommandName phylum/m)
    const unknown = await home.phylum(form, ['completion', 'tcsh'])
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, /Unknown shell "tcsh"[^]*bash\|zsh\|fish\|powershell/)
  }),
)

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/catalog.generated.ts'
import { complete } from '../../src/cli/complete.ts'

const NAMES = { runnable: () => ['groups', 'report', 'auth'], installed: () => ['report', 'sbom'] }

/** Completes a line; what follows its last blank is what stands where the cursor is. */
async function answer(line: string): Promise<{ words: string[]; takesFiles: boolean }> {
  const words = line.split(' ')
  const { candidates, takesFiles } = await complete(words.pop()!, words, COMMANDS, NAMES)
  return { words: candidates.map(({ word }) => word), takesFiles }
}

const CASES: [line: string, some: string[], none?: string[]][] = [
  ['', ['ext', 'auth', 'help', 'groups', 'report'], ['--config']],
  ['gr', ['group', 'groups'], ['ext']],
  ['-', ['--config', '-c'], ['ext']],
  ['ext ', ['run', 'install'], ['groups', 'ext']],
  ['extension ', ['run']],
  ['-v ext ', ['run']],
  ['--config x ext ', ['run']],
  ['-c x ext ', ['run']],
  ['ext run ', ['groups', 'report']],
  ['ext run -y g', ['groups'], ['report']],
  ['ext run --', ['--yes', '--no-wall', '--config']],
  ['ext update ', ['report', 'sbom'], ['groups']],
  ['ext uninstall report ', ['sbom'], ['report']],
  ['--color ', ['auto', 'never']],
  ['--color = a', ['auto', 'always'], ['never']],
  ['--color=n', ['--color=never'], ['--color=auto']],
  ['help ', ['ext'], ['groups']],
  ['help ext ', ['run']],
  ['completion ', ['bash', 'zsh', 'fish', 'powershell']],
]

for (const [line, some, none = []] of CASES) {
  test(`complete() of "phylum ${line}"`, async () => {
    const { words } = await answer(line)
    for (const each of some) assert.ok(words.includes(each), `${each} of ${words}`)
    for (const each of none) assert.ok(!words.includes(each), `no ${each} of ${words}`)
  })
}

test('complete() leaves paths to the shell where paths are meant, and an extension its own words', async () => {
  for (const line of ['ext run ./x', 'ext run groups ', 'groups ', 'groups --', 'ext install ']) {
    assert.deepEqual(await answer(line), { words: [], takesFiles: true }, line)
  }
  for (const line of ['server exec -- ', '--config ', 'ext new ./']) {
    assert.deepEqual(await answer(line), { words: [], takesFiles: true }, line)
  }
  for (const line of ['auth status x', 'ext list ', 'ext run run extra --no', 'help ext run ']) {
    const { takesFiles } = await answer(line)
    assert.equal(takesFiles, line.startsWith('ext run'), line)
  }
})

test('complete() offers each word once, commands before extensions of the same name', async () => {
  const { words } = await answer('')
  assert.equal(new Set(words).size, words.length)
  assert.equal(words.filter((each) => each === 'auth').length, 1)
})

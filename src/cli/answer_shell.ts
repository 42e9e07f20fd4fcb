import { resolvePaths } from '#config'
import type { Environment } from '#config'
import { isExtensionName, listNames, listPinnedNames } from '#registry'
import { bundledNames } from './bundled.ts'
import type { CommandSpec } from './command.ts'
import { complete } from './complete.ts'

/** What a candidate may consist of: nothing that a shell takes for more than a word, whatever it does with it. */
const WORD = /^[A-Za-z0-9_=-]+$/

/**
 * Answers a shell: "files" or "words" on the first line, then a candidate on each, with what it is for behind a tab.
 *
 * @param words what stands where the cursor is, behind an "=" so that it is never empty, and the words before it
 */
export async function answerShell(
  words: readonly string[],
  commands: readonly CommandSpec[],
  { environment, workingDirectory }: { environment: Environment; workingDirectory: string },
): Promise<string> {
  const [current = '', ...before] = words
  const installed = () => listNames([resolvePaths(environment).extensionsDirectory])
  const { candidates, takesFiles } = await complete(current.slice(1), before, commands, {
    installed,
    async runnable() {
      const pinned = await listPinnedNames(workingDirectory)
      const names = [...installed(), ...bundledNames(), ...pinned].filter(isExtensionName)
      return [...new Set(names)].sort()
    },
  })
  const lines = candidates.filter(({ word }) => WORD.test(word))
    .map(({ word, summary }) => `${word}\t${summary}`)
  return [takesFiles ? 'files' : 'words', ...lines, ''].join('\n')
}

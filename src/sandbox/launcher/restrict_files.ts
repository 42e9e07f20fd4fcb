import { openPath } from './open_path.ts'
import type { Label, Program, Word } from './program.ts'
import type { Ruleset } from './task.ts'

const LAYER = 'landlock'

/** Kinds of rules (landlock(7)). */
const RULE_PATH_BENEATH = 1
const RULE_NET_PORT = 2

/** Flag of fstatat(2): the descriptor itself is meant. */
const AT_EMPTY_PATH = 0x1000

/** Bytes of `struct stat`, on machines that are known here at most. */
const STAT = 256

/** How many rights on files each version knows; the rights are numbered upward from 0. */
const FILE_RIGHTS: readonly (readonly [version: number, count: number])[] = [
  [9, 17],
  [5, 16],
  [3, 15],
  [2, 14],
  [1, 13],
]

/** First versions that know ports, and scopes. */
const PORTS_SINCE = 4
const SCOPES_SINCE = 6

/**
 * Puts up Landlock around the process, and so around what it executes: rights that no rule grants are gone for good. What the
 * kernel does not know yet cannot be refused.
 *
 * @param version the version of Landlock that is there; with none, the first call fails
 */
export function restrictFiles(program: Program, ruleset: Ruleset, version: number): void {
  const count = FILE_RIGHTS.find(([since]) => version >= since)?.[1] ?? 0
  const known = (1 << count) - 1
  const attributes = [
    ruleset.files & known,
    version >= PORTS_SINCE ? ruleset.ports : 0,
    version >= SCOPES_SINCE ? ruleset.scopes : 0,
  ]
  const rules = program.ask(
    { layer: LAYER, subject: '' },
    'landlock_create_ruleset',
    program.words(...attributes),
    attributes.length * 8,
  )
  const status = program.reserve(STAT)
  for (const { path, rights, isOptional, identity } of ruleset.rules) {
    // On ABI 1 to 8, a rule that grants nothing the kernel knows is an error of its own.
    if ((rights & known) === 0) continue
    const way = { layer: LAYER, subject: path } as const
    const behind: Label = {}
    // struct landlock_path_beneath_attr: eight bytes of rights, and the descriptor that comes to be there.
    const rule = program.words(rights & known, 0)
    const place = rule.word(1)
    openPath(program, isOptional ? { ...way, otherwise: behind } : way, path, place)
    if (identity !== undefined) {
      program.call(way, 'newfstatat', place, program.text(''), status, AT_EMPTY_PATH)
      expectIdentity(program, [status.word(0), status.word(1)], identity, path)
    }
    program.call(way, 'landlock_add_rule', rules, RULE_PATH_BENEATH, rule)
    program.attempt('close', place)
    program.mark(behind)
  }
  if (version >= PORTS_SINCE) {
    for (const [port, rights] of ruleset.portRules) {
      const rule = program.words(rights, port)
      const way = { layer: LAYER, subject: `port ${port}` } as const
      program.call(way, 'landlock_add_rule', rules, RULE_NET_PORT, rule)
    }
  }
  program.call({ layer: LAYER, subject: '' }, 'landlock_restrict_self', rules)
}

/**
 * Holds a place to be what was looked at: a directory that was exchanged for another, or for a link, while the mounts were made, is
 * not what was agreed to.
 *
 * @param found file system and number, the first words of `struct stat` on all machines that are known here
 */
function expectIdentity(
  program: Program,
  found: readonly Word[],
  identity: string,
  path: string,
): void {
  for (const [index, number] of identity.split(':').entries()) {
    const way = { layer: LAYER, subject: `another file is now at ${path}` } as const
    program.expect(way, found[index]!, program.words(BigInt(number)).word(0))
  }
}

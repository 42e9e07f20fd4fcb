import { Fault, must } from './fault.ts'
import { openPath, tryPath } from './open_path.ts'
import { text } from './system.ts'
import type { System } from './system.ts'
import type { Ruleset } from './task.ts'

const LAYER = 'landlock'

/** Flag of landlock_create_ruleset(2) that asks for the version, and kinds of rules. */
const CREATE_RULESET_VERSION = 1
const RULE_PATH_BENEATH = 1
const RULE_NET_PORT = 2

/** Flag of fstatat(2): the descriptor itself is meant. */
const AT_EMPTY_PATH = 0x1000

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
 * Puts up Landlock around the calling thread, and so around what it executes: rights that no rule grants are gone for good.
 * What the kernel does not know yet cannot be refused.
 *
 * @returns the version of Landlock that is there
 */
export function restrictFiles(system: System, ruleset: Ruleset): number {
  const version = system.call('landlock_create_ruleset', 0, 0, CREATE_RULESET_VERSION)
  const count = FILE_RIGHTS.find(([since]) => version >= since)?.[1]
  if (count === undefined) throw new Fault(LAYER, 'landlock_create_ruleset', -version)
  const known = (1 << count) - 1
  const attributes = words(
    ruleset.files & known,
    version >= PORTS_SINCE ? ruleset.ports : 0,
    version >= SCOPES_SINCE ? ruleset.scopes : 0,
  )
  const rules = must(system, LAYER, '', 'landlock_create_ruleset', attributes, attributes.length)
  for (const { path, rights, isOptional, identity } of ruleset.rules) {
    // On ABI 1 to 8, a rule that grants nothing the kernel knows is an error of its own.
    if ((rights & known) === 0) continue
    const place = isOptional ? tryPath(system, path) : openPath(system, LAYER, path)
    if (place < 0) continue
    // A directory that was exchanged for another, or for a link, while the mounts were made: what was agreed to is not there.
    if (identity !== undefined && identify(system, place) !== identity) {
      throw new Fault(LAYER, `another file is now at ${path}`, 0)
    }
    // struct landlock_path_beneath_attr is packed: eight bytes of rights, four of a descriptor.
    const rule = words(rights & known, place).subarray(0, 12)
    must(system, LAYER, path, 'landlock_add_rule', rules, RULE_PATH_BENEATH, rule)
    system.call('close', place)
  }
  if (version >= PORTS_SINCE) {
    for (const [port, rights] of ruleset.portRules) {
      const rule = words(rights, port)
      must(system, LAYER, `port ${port}`, 'landlock_add_rule', rules, RULE_NET_PORT, rule)
    }
  }
  must(system, LAYER, '', 'landlock_restrict_self', rules)
  return version
}

/** Reads the first two words of `struct stat`, which are the same on all machines that are known here. */
function identify(system: System, place: number): string {
  const memory = new BigUint64Array(32)
  const bytes = new Uint8Array(memory.buffer)
  must(system, LAYER, '', 'newfstatat', place, text(''), bytes, AT_EMPTY_PATH)
  return `${memory[0]}:${memory[1]}`
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer)
}

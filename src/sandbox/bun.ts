import { PhylumError } from '#base'
import { buildEnvironment } from './environment.ts'
import { GUEST_FILE } from './guest_files.ts'
import type { Launch, Plan } from './plan.ts'

/**
 * What keeps the engine from taking anything from outside: no variables and no scripts of the directory one stands in, and no
 * packages from the network.
 */
const CLOSED = ['--no-env-file', '--config=/dev/null', '--no-install']

/**
 * Translates a plan into a Bun process. Bun has no permissions of its own: what is not granted is held back by the kernel, or by
 * nobody.
 *
 * @throws ERR_SANDBOX_START for what the kernel cannot hold back in part
 */
export function planBun(plan: Plan): Launch {
  const { net } = plan.granted
  if (net === true || net.length > 0) {
    throw new PhylumError(
      'ERR_SANDBOX_START',
      'Cannot run the extension: the engine "bun" would have a network of its own, and nothing holds that to some hosts',
    )
  }
  const guest = `${plan.runDirectory}/${GUEST_FILE}`
  return {
    command: plan.engine,
    args: plan.tests === undefined
      ? [...CLOSED, guest, ...plan.args]
      : ['test', ...CLOSED, `--preload=${guest}`, ...plan.args, ...plan.tests],
    environment: {
      ...buildEnvironment(plan),
      // The executable is Bun with phylum in it, and is plain Bun when it is told so; the guest takes it out again.
      BUN_BE_BUN: '1',
      BUN_RUNTIME_TRANSPILER_CACHE_PATH: '0',
      DO_NOT_TRACK: '1',
    },
  }
}

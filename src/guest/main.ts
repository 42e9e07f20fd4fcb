/**
 * What runs inside the sandbox before and around an extension: it reads the description of the run, offers `api`, loads
 * the extension and reports what it throws. It knows no credential, and is no wall: whatever it can do, so can the
 * extension.
 */
import { EXIT_UNCAUGHT, EXIT_UNREAD, PROTOCOL_VERSION, RUN_FILE } from '#protocol'
import type { RunDescription } from '#protocol'
import { ApiError } from './api_error.ts'
import { createApi } from './api.ts'
import type { Api } from './api.ts'
import { createCalls } from './calls.ts'
import { createPhylumApi } from './create_phylum_api.ts'
import { createFetch } from './egress.ts'
import { ApiVersion } from './phylum_api.ts'
import type { PhylumApi as PhylumApiType } from './phylum_api.ts'
import { ownFrames, renderError, report } from './report.ts'
import { createRunSandboxed } from './run_sandboxed.ts'
import type { RunSandboxed } from './run_sandboxed.ts'
import { createStorage } from './storage.ts'
import { engine } from './this_engine.ts'

export { ApiError } from './api_error.ts'

/**
 * What a module that exports a function by default is called with; its returned promise is awaited.
 *
 * @example
 * ```ts
 * import type { Invocation } from 'phylum'
 *
 * export default async ({ api, args }: Invocation): Promise<void> => {
 *   const { members } = await api.groups.members.list(args[0] ?? 'acme')
 *   for (const { name, user_email } of members) console.log(name, user_email)
 * }
 * ```
 */
export interface Invocation {
  /** The same as `import { api } from 'phylum'`. */
  api: Api
  /** What stood behind the extension's name. */
  args: readonly string[]
  /** The extension's name, as its manifest gives it. */
  name: string
  /** Directory for what it wants to keep, readable and writable; null where there is none. */
  state: string | null
}

const scratch = decodeURIComponent(new URL('../scratch', import.meta.url).pathname)

const run = readDescription(`${scratch}/${RUN_FILE}`)

const transport = engine.connect(run.socket)

const calls = createCalls(run, scratch, transport, engine)

/** Calls the API with the user's credential, which stays in the host. */
export const api: Api = createApi(run, transport, onDenied)

/** The extension API of the Rust CLI; the global `Phylum` is the same. */
export const PhylumApi: PhylumApiType = createPhylumApi(run, api, calls)

export { ApiVersion }
export type { RejectionSource } from '#protocol'
export type {
  DependencyFile,
  EvaluatedDependencies,
  Package,
  PackageWithOrigin,
  PolicyEvaluationResponse,
  PolicyEvaluationResponseRaw,
  PolicyRejection,
  PurlWithOrigin,
} from './phylum_api.ts'

const commands = createRunSandboxed(calls)

/** Runs a command behind a wall of its own, and waits for its end. */
export const runSandboxed: RunSandboxed['now'] = commands.now

/** The same without waiting. */
export const runSandboxedAsync: RunSandboxed['later'] = commands.later

/** How long a signal may take to arrive here after what it was sent for, in milliseconds. */
const SIGNAL_DELAY = 100

let isFinished = false

globalThis.fetch = createFetch(run, {
  transport,
  fetch,
  refuse: engine.refuse,
  onDenied,
}) as typeof fetch
Object.assign(globalThis, { Phylum: PhylumApi })
let storage: Storage | undefined
Object.defineProperty(globalThis, 'localStorage', {
  get: () => storage ??= createStorage(openStorage),
  configurable: true,
})
engine.offer(
  { api, ApiError, PhylumApi, ApiVersion, runSandboxed, runSandboxedAsync },
  run.modules,
)
if (run.home !== undefined) engine.setHome(run.home)
if (run.entryPoint !== null) begin(run.entryPoint)
// Tests are begun, and their failures told, by the engine itself, which waits for this module first.
else await replaceCommands()

function begin(entryPoint: string): void {
  // Nobody reads the output any more (`| head -1`): it ends without a word, as the system would end any program. Left alone, the
  // engine ignores the signal that it is sent then, and a loop that prints would go on for ever.
  engine.onUnread(() => engine.exit(EXIT_UNREAD))
  // Not awaited: the extension imports this very module, and would wait for it to finish while it waits for the extension.
  start(entryPoint).catch(fail)
  engine.watch(() => {
    // The engine ends with 0 when nothing is left to wait for; an extension that waits for ever has not succeeded.
    if (!isFinished) {
      fail(new Error('it ended while it waited for a promise that nothing can settle'))
    }
  }, fail)
}

function onDenied(message: string, grant: string, stack: string): void {
  const place = ownFrames(stack, run.directory)[0]
  report(
    [`denied: ${message}`, place, `hint: add to PhylumExt.toml: ${grant}`].filter(Boolean).join(
      '\n',
    ),
  )
}

function openStorage() {
  if (run.storage !== null) return engine.openDatabase(run.storage)
  throw new DOMException(
    'Cannot use localStorage: only an extension that is installed has one',
    'NotSupportedError',
  )
}

async function replaceCommands(): Promise<void> {
  if (run.unsandboxedRun !== true && run.unsandboxedRun.length === 0) return
  const { runOutside } = await import(new URL('outside.js', import.meta.url).href)
  runOutside(calls, run.unsandboxedRun)
}

async function start(entryPoint: string): Promise<void> {
  await replaceCommands()
  // Read now, for it may be gone when the run ends.
  const isMainAsked = engine.read(decodeURIComponent(new URL(entryPoint).pathname))
    .includes('import.meta.main')
  const module = await import(entryPoint)
  if (typeof module.default === 'function') {
    const invocation: Invocation = { api, args: engine.args, name: run.name, state: run.state }
    await module.default(invocation)
  } else if (isMainAsked) {
    report('warning: import.meta.main is false here, as another module starts this one')
  }
  isFinished = true
}

function fail(error: unknown): void {
  // The signal that says so follows the error.
  if (engine.isUnread(error)) setTimeout(end, SIGNAL_DELAY, error)
  else end(error)
}

function end(error: unknown): never {
  // A credential that is missing or refused is between the host and its user; the host says so, with what to do.
  const isOurs = error instanceof ApiError && error.status === undefined &&
    error.code.startsWith('ERR_AUTH_')
  if (!isOurs) report(renderError(error, run))
  return engine.exit(EXIT_UNCAUGHT)
}

/** Reads how to reach the broker, and removes the file: no other process of this user is to learn the capability. */
function readDescription(path: string): RunDescription {
  const description = JSON.parse(engine.read(path)) as RunDescription
  // Each file of tests is a world of its own, which reads it anew; it goes with the run.
  if (description.entryPoint !== null) engine.remove(path)
  if (description.version !== PROTOCOL_VERSION) {
    throw new Error(
      `host and guest disagree: protocol ${description.version}, not ${PROTOCOL_VERSION}`,
    )
  }
  return description
}

import type { RunDescription } from '#protocol'
import { engine } from './this_engine.ts'

/** Writes one line, or several, to stderr. */
export function report(text: string): void {
  engine.writeError(`${text}\n`)
}

/**
 * Renders an uncaught error for the author of an extension: message first, then only those frames that lie in the
 * extension's own directory, relative to it.
 */
export function renderError(
  error: unknown,
  { name, directory, remedy, missing }: Pick<
    RunDescription,
    'name' | 'directory' | 'remedy' | 'missing'
  >,
): string {
  if (!(error instanceof Error)) {
    return `error: Uncaught value in extension "${name}": ${String(error)}`
  }
  const lines = [
    `error: Uncaught ${error.name} in extension "${name}": ${withoutAdvice(error.message)}`,
  ]
  lines.push(...ownFrames(`${error.stack ?? ''}\n${placeOf(error)}`, directory))
  const hint = isMissingModule(error)
    ? remedy
    : missingHint(error, missing) ?? permissionHint(error)
  if (hint !== undefined) lines.push(`hint: ${hint}`)
  if (error.cause !== undefined) lines.push(`cause: ${renderCause(error.cause)}`)
  return lines.join('\n')
}

/** Writes where a module is that Bun cannot read, in the form of a frame; its error has no stack that says so. */
function placeOf(
  error: Error & { position?: { file: string; line: number; column: number } | null },
): string {
  const { position } = error
  return position == null ? '' : `at ${position.file}:${position.line}:${position.column}`
}

function renderCause(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${withoutAdvice(cause.message)}` : String(cause)
}

/**
 * Keeps the frames of a stack that lie in the extension, shown as paths relative to it.
 *
 * @param directory as a URL; an engine may name files by their paths, or by URLs that read like them
 */
export function ownFrames(stack: string, directory: string): string[] {
  const path = decodeURIComponent(new URL(directory).pathname)
  const names = [directory, `file://${path}`, path]
  return withoutColour(stack).split('\n').map((line) => line.trimStart())
    .filter((line) => line.startsWith('at ') && names.some((name) => line.includes(name)))
    .map((line) => `    ${names.reduce((shown, name) => shown.replaceAll(name, ''), line)}`)
}

/** The engine advises a command-line flag, which is not an author's to give; the manifest is. */
function withoutAdvice(message: string): string {
  return withoutColour(message).replace(/, run again with the --allow-[a-z]+ flag/g, '')
    // Where it could not load a module, the engine says in the message where that was imported; the frames say so, too.
    .replace(/\n +at file:[^\n]*\s*$/, '')
}

function withoutColour(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, '')
}

/** Answers whether an engine could not load a module from elsewhere, in the words of either. */
function isMissingModule({ message }: Error): boolean {
  return /--no-remote is specified|--no-npm is specified|--cached-only is specified|fetched before|lockfile is out of date/
    .test(message) ||
    /Failed loading https:\/\/\S+ for package|Cannot find (package|module) '(https|npm|jsr):/.test(
      message,
    )
}

/** Explains that a place was not granted because it is not there, to whoever finds its permission in the manifest. */
function missingHint(error: Error, missing: readonly string[]): string | undefined {
  const [, refused] = /^Requires write access to "?([^",]*)"?/.exec(error.message) ?? []
  const path = refused ?? ('path' in error ? error.path : undefined)
  if (typeof path !== 'string') return undefined
  const found = missing.find((each) => isAtOrBelow(path, each))
  return found === undefined
    ? undefined
    : `${
      JSON.stringify(found)
    } was not there when the run began, so it may not be written: make it before, or ask for its directory`
}

/** Answers whether a path, as an extension names it, is in a place or is the place; of a relative one as far as can be seen. */
function isAtOrBelow(path: string, place: string): boolean {
  const isAbsolute = path.startsWith('/')
  const parts = path.replace(/^(\.\/)+/, '').split('/')
  return parts.some((_, index) => {
    const head = parts.slice(0, index + 1).join('/')
    return isAbsolute ? head === place : place.endsWith(`/${head}`)
  })
}

/** Gives the manifest line that would allow what the engine refused. */
function permissionHint(error: Error): string | undefined {
  const match = /^Requires (read|write|run|env|net) access(?: to "?([^",]*)"?)?/.exec(error.message)
  if (match === null) return undefined
  const [, kind, value] = match
  // The engine's own refusal of a socket, which no manifest can lift.
  if (kind === 'net' && error.message.includes('--allow-net')) {
    return 'there is no network in the sandbox; fetch() reaches the hosts of [permissions] net'
  }
  const entry = value === undefined || value === '' ? 'true' : JSON.stringify([value])
  return `the manifest could ask for it: [permissions] ${kind} = ${entry}`
}

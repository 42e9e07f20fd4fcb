import { display, PhylumError } from '#base'
import type { Grant, GrantedPermissions } from '#permissions'
import { findCommand, isWithin } from '#sandbox'
import { realpathSync } from 'node:fs'
import { posix } from 'node:path'

/** What the paths and names of a request are looked up with. */
export interface Surroundings {
  workingDirectory: string
  /** The user's `PATH`. */
  path: string | undefined
}

/**
 * Refuses a command that asks for more than its extension has been granted. Paths are compared where they really lead: "/tmp/../etc"
 * begins with "/tmp", and so does a link in it that leads to /etc; neither is below it.
 *
 * @throws ERR_HOST_REFUSED in the words of the engine
 */
export function assertCovered(
  asked: Pick<GrantedPermissions, 'read' | 'write' | 'env' | 'net'>,
  granted: GrantedPermissions,
): void {
  for (const kind of ['read', 'write'] as const) {
    assertEach(kind, asked[kind], granted[kind], isBelow)
  }
  assertEach('env', asked.env, granted.env, (name, outer) => name === outer)
  // A command has all of the network or none, so a list of hosts does not cover it.
  if (asked.net === true) assertEach('net', true, granted.net, () => false)
}

/**
 * Refuses programs that the manifest does not list.
 *
 * @param kind the permission that would allow them, for the message
 * @throws ERR_HOST_REFUSED
 */
export function assertProgramsCovered(
  asked: Grant,
  granted: Grant,
  { workingDirectory, path }: Surroundings,
  kind = 'run',
): void {
  const find = (program: string) =>
    program.includes('/') ? posix.resolve(workingDirectory, program) : findCommand(program, path)
  assertEach(kind, asked, granted, (program, outer) => {
    const found = find(program)
    const place = find(outer)
    // By name it may be missing here; it is for whoever starts it to find that out.
    if (found === undefined || place === undefined) return program === outer
    return isBelow(found, place)
  })
}

function assertEach(
  kind: string,
  asked: Grant,
  granted: Grant,
  covers: (value: string, outer: string) => boolean,
): void {
  if (granted === true) return
  if (asked === true) throw refusal(kind)
  for (const value of asked) {
    if (!granted.some((outer) => covers(value, outer))) throw refusal(kind, value)
  }
}

/** Answers whether a path leads to where another one leads, or below it. */
export function isBelow(path: string, outer: string): boolean {
  return isWithin(followFar(path), followFar(outer))
}

/** Follows a path as far as there is something. */
export function followFar(path: string): string {
  const rest: string[] = []
  for (let place = posix.resolve('/', path);; place = posix.dirname(place)) {
    try {
      return posix.join(realpathSync(place), ...rest)
    } catch {
      if (place === '/') return path
      rest.unshift(posix.basename(place))
    }
  }
}

function refusal(kind: string, value?: string): PhylumError {
  return new PhylumError(
    'ERR_HOST_REFUSED',
    value === undefined
      ? `Requires ${kind} access`
      : `Requires ${kind} access to "${display(value)}"`,
  )
}

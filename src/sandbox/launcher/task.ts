/**
 * What the launcher is told: everything is decided, and it only has to do it. Paths are real paths of the file system that the
 * launcher stands in.
 */
export interface Task {
  /** The namespaces to go into; null where another program has made them, or there are none. */
  namespaces: { hasNetwork: boolean } | null
  /** What the new root is made of, in this order; null where another program has made it, or nothing has to be made. */
  mounts: readonly Mount[] | null
  /** Directory in which the command starts. */
  directory: string
  /** Resource limits: number of the resource, what holds, and what it could be raised to (setrlimit(2)). */
  limits: readonly Limit[]
  /** Null where Landlock is switched off. */
  landlock: Ruleset | null
  /** A filter of system calls, as the kernel reads it; null where there is none. */
  filter: Uint8Array | null
  command: string
  args: readonly string[]
  environment: Readonly<Record<string, string>>
}

/** Nothing is taken away, and nothing is there that could be started. */
export const EMPTY_TASK: Task = {
  namespaces: null,
  mounts: null,
  directory: '/',
  limits: [],
  landlock: null,
  filter: null,
  command: '/nonexistent',
  args: [],
  environment: {},
}

/** Answers whether a task has failed for nothing but that: all that comes before the start of the command is in place. */
export function isCommandMissing({ layer, errno }: Failure): boolean {
  const ENOENT = 2
  return layer === 'start' && errno === ENOENT
}

/** A resource limit; the kernel's word for none is the highest number. */
export type Limit = readonly [resource: number, soft: bigint, hard: bigint]

/** One step in the making of a root. */
export type Mount =
  | {
    kind: 'bind'
    path: string
    access: 'read' | 'write' | 'device'
    isDirectory: boolean
    /** It is there so that nobody can move the directory, not for what it shows. */
    isPin?: boolean
  }
  | { kind: 'temporary'; path: string; mode: number }
  | { kind: 'processes'; path: string }
  | { kind: 'directory'; path: string }
  | { kind: 'link'; path: string; target: string }
  /** A directory or a file that nobody can open; an optional one may be gone by now. */
  | { kind: 'closed'; path: string; isDirectory: boolean; isOptional?: boolean }
  /** Nothing can be made or changed any more in a temporary file system; what is mounted in it stays as it is. */
  | { kind: 'sealed'; path: string }

/** What Landlock lets through (landlock(7)). Rights that the kernel does not know yet are left out by the launcher. */
export interface Ruleset {
  /** Rights on files that are refused where no rule grants them. */
  files: number
  /** Rights on ports that are refused where no rule grants them. */
  ports: number
  /** Whom one may reach: the launcher's own domain alone. */
  scopes: number
  rules: readonly PathRule[]
  portRules: readonly (readonly [port: number, rights: number])[]
}

/** Rights on a place and on what is below it. */
export interface PathRule {
  path: string
  rights: number
  /** It is left out where nothing is at its path any more. */
  isOptional?: boolean
  /** Numbers of the file system and the file that must be there; anything goes where they are not told. */
  identity?: string
}

/** What the launcher answers when something cannot be done. */
export interface Failure {
  /** Which layer is missing. */
  layer: Layer
  /** What was tried, in words: a system call, and what it was called for. */
  act: string
  /** Number of the system's error, if it was one. */
  errno: number
}

/** Parts of the wall, in the order in which they are put up. */
export type Layer = 'namespaces' | 'files' | 'limits' | 'landlock' | 'seccomp' | 'start'

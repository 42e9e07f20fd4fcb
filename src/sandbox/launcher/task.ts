/**
 * What the launcher is told: everything is decided, and it only has to do it. Paths are real paths of the file system that the
 * launcher stands in.
 */
export interface Task {
  /** What the new root is made of, in this order; null where another program has made it, or nothing has to be made. */
  mounts: readonly Mount[] | null
  /** Directory in which the command starts. */
  directory: string
  /** Resource limits: number of the resource (setrlimit(2)) and its highest value. */
  limits: readonly (readonly [resource: number, most: number])[]
  /** Null where Landlock is switched off. */
  landlock: Ruleset | null
  /** A filter of system calls, as instructions in base64; null where there is none. */
  filter: string | null
  /** Whether to stay behind as the first process of a process id namespace. */
  isInit: boolean
  command: string
  args: readonly string[]
  environment: Readonly<Record<string, string>>
}

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

/** What the launcher answers: that all of it is in place and the command comes next, or what cannot be done. */
export type Report = { isReady: true; landlock: number } | Failure

/** What the launcher answers when it cannot do it. */
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

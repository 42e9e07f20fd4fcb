import type { Fetch, Log } from '#base'
import type { Environment } from '#config'

/** What fetching needs from the world. */
export interface FetchWorld {
  readonly fetch: Fetch
  readonly environment: Environment
  readonly home: string
  readonly log: Log
  /** Tells of what takes long, a line at a time, safe to show. */
  readonly onProgress?: (line: string) => void
  /** A private directory for temporary files; what is put there is removed again. */
  readonly scratch: string
}

/** What was fetched. */
export interface Fetched {
  /** What exactly: "git+https://host/repository#<commit>//subdirectory", the URL of an archive, or the path. */
  readonly resolved: string
  /** The version that the registry gives it, where there is a registry. */
  readonly version: string | null
  /** The root of the tree: absolute, the destination or below it. */
  readonly directory: string
  /** The detached signature that lay beside an archive. */
  readonly signature: string | null
}

/** What a lock file demands. */
export interface Expected {
  /** The `resolved` of an earlier time: this and nothing else is fetched, wherever branches and tags point by now. */
  readonly resolved?: string | undefined
  /** The version of a package. With it, `resolved` is not asked: a mirror has the same version elsewhere. */
  readonly version?: string | undefined
}

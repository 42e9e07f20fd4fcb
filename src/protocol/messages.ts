/** What the host tells the guest about its run; written to `RUN_FILE` and removed by the guest once it is read. */
export interface RunDescription {
  version: number
  /** Path of the broker's socket. */
  socket: string
  /** Proves to the broker that a request comes from this run; 256 random bits, base64url. */
  capability: string
  /** What the extension is given for an access token: `PLACEHOLDER_PREFIX` and 256 random bits, base64url. */
  placeholder: string
  /** Origin of the API, for `Response.url` and for absolute URLs: "https://api.example". */
  apiOrigin: string
  /** Name of the extension, as its manifest gives it. */
  name: string
  /** `file:` URL of the entry point; null in a run of tests, which start what they test themselves. */
  entryPoint: string | null
  /** `file:` URL of the extension's directory, with a slash at the end. */
  directory: string
  /** Programs that it has its host run outside of the sandbox; true is every one. */
  unsandboxedRun: true | readonly string[]
  /** Directory for the extension's own state, or null when it may not keep any. */
  state: string | null
  /** File of its `localStorage`, or null when it has none: it is not installed. */
  storage: string | null
  /** The `[permissions]` table of its manifest, as it is written. */
  permissions: Readonly<Record<string, boolean | readonly string[]>>
  /** Paths that it may not write because they are not there, though its manifest lists them; absolute. */
  missing: readonly string[]
  /** Directory of modules from elsewhere, where the guest has to say where each import leads; null where the engine knows. */
  modules: string | null
  /** What helps when a module from elsewhere is missing: a sentence for the extension's author. */
  remedy: string
  /** The `HOME` of the user, where the engine was started with another one and the extension may see it; null when it is not set. */
  home?: string | null
}

/**
 * What a guest asks of its host beside requests to the API: the body of a request to `CALL_PATH`, or, where the guest waits for the
 * answer, a line of JSON in the pipe `CALL_PIPE`.
 */
export interface Call {
  /** Name of what is to be done, "run_sandboxed". */
  call: string
  parameters?: unknown
  /** Proves that the line comes from this run; in a request, a header does. */
  capability?: string
}

/** What the host answers: a body, or a line of JSON in the pipe `ANSWER_PIPE`. */
export type CallAnswer = { result: unknown } | WireError

/** The body of a broker's own answer. Nothing else about a failure crosses the wire. */
export interface WireError {
  error: {
    /** An `ErrorCode`. */
    code: string
    message: string
    /** The manifest line that would allow what was refused. */
    grant?: string
  }
}

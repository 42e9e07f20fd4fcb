/** What the host tells the guest about its run; written to `RUN_FILE` and removed by the guest once it is read. */
export interface RunDescription {
  version: number
  /** Path of the broker's socket. */
  socket: string
  /** Proves to the broker that a request comes from this run; 256 random bits, base64url. */
  capability: string
  /** Origin of the API, for `Response.url` and for absolute URLs: "https://api.example". */
  apiOrigin: string
  /** Name of the extension, as its manifest gives it. */
  name: string
  /** `file:` URL of the entry point. */
  entryPoint: string
  /** `file:` URL of the extension's directory, with a slash at the end. */
  directory: string
  /** Directory for the extension's own state, or null when it may not keep any. */
  state: string | null
}

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

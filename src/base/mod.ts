/**
 * The vocabulary that every room shares: errors, the secret type, the ports to the world, text made safe to show.
 * It knows no file, no network and no terminal.
 */
export { display, displayJson } from './display.ts'
export { ERROR_CODES, isPhylumError, PhylumError, systemCode, UsageError } from './errors.ts'
export type { ErrorCode, ErrorDetails } from './errors.ts'
export { fileUrl } from './file_url.ts'
export type {
  Aside,
  Choice,
  Clock,
  Credential,
  CredentialSource,
  Fetch,
  Log,
  Prompter,
} from './ports.ts'
export { Secret } from './secret.ts'
export { createSha256 } from './sha256.ts'
export type { Sha256 } from './sha256.ts'
export { suggest } from './suggest.ts'

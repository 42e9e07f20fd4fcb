/**
 * The user's own settings: where they lie, what the environment may say, how settings.yaml is read and rewritten.
 * It refuses to guess: what is malformed, cut off, not the user's own or not writable is an error, never a default.
 * yaml is imported when a settings file is read, and not before: it costs more than a whole start of phylum.
 */
export { PROJECT_FILE, readCurrentProject, writeCurrentProject } from './current_project.ts'
export type { CurrentProject, ProjectLink } from './current_project.ts'
export { ENVIRONMENT } from './env.ts'
export type { Environment, EnvironmentName } from './env.ts'
export { withLock } from './lock.ts'
export type { LockOptions } from './lock.ts'
export { resolvePaths } from './paths.ts'
export type { Paths } from './paths.ts'
export { DEFAULT_SETTINGS, readSettings } from './settings.ts'
export type { KeyringAccount, Settings, WallSetting } from './settings.ts'
export { withExchangeLock } from './settings_place.ts'
export { findJwksFault, isPublicKey, isPublisherName, NO_TRUST } from './trust_settings.ts'
export type {
  PermittedValue,
  PublicKey,
  Publisher,
  TrustDecision,
  TrustKind,
  TrustRule,
  TrustSettings,
} from './trust_settings.ts'
export { updateSettings } from './update_settings.ts'
export type { SettingsChange } from './update_settings.ts'
export { addPublisher, removePublisher } from './update_trust.ts'
export { DEFAULT_API_URI, isLoopback, parseApiUri, resolveApiUri } from './uri.ts'
export type { ApiUri, ResolvedApiUri } from './uri.ts'
export { sweepTemporaryFiles, writeFileAtomic } from './write_file_atomic.ts'

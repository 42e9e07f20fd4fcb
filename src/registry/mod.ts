/**
 * What is installed: finds extensions, checks their manifests, digests their files, keeps what the user agreed to. It reads and writes
 * the disk, and it never runs a line of an extension's code.
 *
 * The TOML parser is imported when a manifest is read, and not before. TypeBox is not imported at all: the program checks manifests
 * against the JSON Schema that is made from it.
 */
export { compareVersions } from './compare_versions.ts'
export { checkConsent, readConsent, removeConsent, writeConsent } from './consent.ts'
export type { Asked, Consent, ConsentCheck } from './consent.ts'
export { digestExtension, NOT_DIGESTED } from './digest.ts'
export { findExtension, isExtensionName, listNames } from './find_extension.ts'
export type { Extension, Places } from './find_extension.ts'
export { listExtensions } from './list_extensions.ts'
export type { ListedExtension } from './list_extensions.ts'
export { readManifest } from './manifest.ts'
export type { CheckedManifest, ReadManifest } from './manifest.ts'
export type { Manifest, Workspace } from './manifest_schema.ts'
export { computeIntegrity, packExtension } from './pack.ts'
export type { Pack } from './pack.ts'
export { generatedPackageJson, listSharedFiles } from './packed_files.ts'
export type { SharedFile } from './packed_files.ts'
export { fetchSource } from './source/fetch_source.ts'
export type { Expected, Fetched, FetchWorld } from './source/fetched.ts'
export { parseSource, renderSource } from './source/source.ts'
export type { Source, SourceContext } from './source/source.ts'
export { assertUnchanged } from './store/assert_unchanged.ts'
export { activate, findPrevious, keepCandidate, withName } from './store/keep.ts'
export type { StorePlaces } from './store/places.ts'
export type { InstallRecord } from './store/record.ts'
export { removeInstalled } from './store/remove.ts'
export { stageSource } from './store/stage.ts'
export type { Candidate, Staged } from './store/stage.ts'
export { findInstalled, findStored, listInstalled, lookAtLink } from './store/stored.ts'
export type { StoredExtension } from './store/stored.ts'
export { stateName } from './state_name.ts'
export type { Identity } from './state_name.ts'

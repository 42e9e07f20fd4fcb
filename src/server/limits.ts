/** Longest name of a group, an organization, an account or a key, in characters. */
export const MAX_NAME = 64

/** Longest email address, in characters (RFC 5321, section 4.5.3.1.3, without the angle brackets). */
export const MAX_EMAIL = 254

/** Longest name of a project, in characters: often the path of a repository. */
export const MAX_PROJECT_NAME = 256

/** Longest label of a job, in characters: often the name of a branch. */
export const MAX_LABEL = 256

/** Longest address of a repository, or path of a file, in characters. */
export const MAX_URL = 2048

/** Longest name, version or licence of a package, in characters. */
export const MAX_PACKAGE = 512

/** Most packages of a job. */
export const MAX_PACKAGES = 50_000

/** Longest body that lists packages, in bytes. */
export const MAX_PACKAGES_BODY = 3 << 20

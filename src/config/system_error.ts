import { display, systemCode } from '#base'

const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EIO: 'the disk reported an input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links form a loop',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the path is too long',
  ENOENT: 'it does not exist',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of the path is not a directory',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
}

/** Says in words why a file call failed; the fitting end for a message that names the act and the path. */
export function describeSystemError(error: unknown): string {
  const code = systemCode(error)
  if (code !== undefined) return SENTENCES[code] ?? `the system reported ${display(code)}`
  // Deno gives a rare error no code, only the system's own words.
  return error instanceof Error ? display(error.message) : 'the reason is unknown'
}

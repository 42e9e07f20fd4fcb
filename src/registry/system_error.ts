import { systemCode } from '#base'

const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a symbolic link that is not followed',
  ENAMETOOLONG: 'its path is too long',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a directory',
  ENXIO: 'it is not a regular file',
}

/** Says in words why a file could not be opened. */
export function describeSystemError(error: unknown): string {
  const code = systemCode(error)
  if (code === undefined) return 'the reason is unknown'
  return SENTENCES[code] ?? `the system reported ${code}`
}

import { statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { display } from '#base'
import { isLoopback } from '#config'
import { isGit, parseGit, renderGit } from './git_source.ts'
import type { GitSource } from './git_source.ts'
import { isPackageName, parseNpm } from './npm_source.ts'
import type { NpmSource } from './npm_source.ts'
import { refuseSource } from './refuse_source.ts'

/** A directory of this machine. */
export interface DirectorySource {
  readonly kind: 'directory'
  /** Absolute. */
  readonly path: string
}

/** A packed extension. */
export interface ArchiveSource {
  readonly kind: 'archive'
  /** Absolute path of a ".tgz" or ".tar.gz", or the URL of one. */
  readonly location: string
}

/** Where an extension comes from, as somebody typed it. */
export type Source = DirectorySource | ArchiveSource | GitSource | NpmSource

/** What a source can be relative to. */
export interface SourceContext {
  readonly workingDirectory: string
  readonly home: string
}

/** Longest text of a source, in characters. */
const MAX_LENGTH = 2048

const ARCHIVE = /\.(?:tgz|tar\.gz)$/

/**
 * Reads where an extension shall come from:
 *
 * - a directory: "./dir", "../dir", "/dir", "~/dir", "dir/dir", ".", ".."
 * - a packed extension: "pack.tgz", "./pack.tar.gz", "https://host/pack.tgz"
 * - a git repository: "github:owner/repository", "gitlab:group/repository", "git+https://…", "git+ssh://…", "git+file:///…",
 *   "ssh://…", "git@host:path", "https://….git"; behind it "#ref" (branch, tag or commit) and "//subdirectory", written in this
 *   order and read in both
 * - a package of an npm registry: "npm:name", "npm:@scope/name@range"
 *
 * Plain "http:" is for this machine alone.
 *
 * @throws ERR_REGISTRY_SOURCE for everything else; a bare name is not guessed at, as each registry would hand out another's program
 */
export function parseSource(text: string, context: SourceContext): Source {
  if (text.trim() === '') throw refuseSource(text, 'it is empty')
  if (text.length > MAX_LENGTH) {
    throw refuseSource(text, `it is longer than ${MAX_LENGTH} characters`)
  }
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) {
    throw refuseSource(text, 'it holds a control character')
  }
  // Further on, it would be an option of git or ssh.
  if (text.startsWith('-')) {
    throw refuseSource(text, 'it begins with "-"', { hints: ['write "./" before a path'] })
  }
  if (/^npm:/i.test(text)) return parseNpm(text)
  if (isGit(text)) return parseGit(text)
  if (/^https?:/i.test(text)) return parseWeb(text)
  const [scheme] = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text) ?? []
  if (scheme !== undefined) {
    throw refuseSource(text, `"${scheme}" is no kind of source`, {
      hints: scheme === 'file:'
        ? ['write the path alone, or "git+file://" for a repository']
        : ['write "./" before a path'],
    })
  }
  return parsePath(text, context)
}

/** Writes the one text of a source that `parseSource()` reads as the same, wherever it is read. */
export function renderSource(source: Source): string {
  switch (source.kind) {
    case 'directory':
      // Without the slash it would be read as a packed extension.
      return ARCHIVE.test(source.path) ? `${source.path}/` : source.path
    case 'archive':
      return source.location
    case 'git':
      return renderGit(source)
    case 'npm':
      return `npm:${source.name}@${source.range}`
  }
}

/** Answers whether the location of a packed extension is a URL. */
export function isWebLocation(location: string): boolean {
  return /^https?:/.test(location)
}

/** Reads a URL without "git+": what its path ends with tells what it is. */
function parseWeb(text: string): Source {
  if (/^[^?#]*\.git(?:\/?$|\/\/|#)/i.test(text)) return parseGit(text)
  if (/[^\x21-\x7e]|\\/.test(text)) throw refuseSource(text, 'it holds a character that no URL has')
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\//i.test(text)) throw refuseSource(text, 'it is no URL')
  if (url.username !== '' || url.password !== '') {
    throw refuseSource(text, 'its URL holds a user name or a password', {
      hints: ['take it out: the source is recorded, and shown to whoever asks'],
    })
  }
  if (/[?#]/.test(text)) {
    throw refuseSource(text, 'its URL has a query or a fragment', {
      hints: ['download it, and install the file', 'write "git+" before the URL of a repository'],
    })
  }
  if (!ARCHIVE.test(url.pathname)) {
    throw refuseSource(text, 'its URL ends neither with ".tgz" nor with ".git"', {
      hints: ['write "git+" before the URL of a repository'],
    })
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw refuseSource(text, 'over "http:" anybody on the way could change what is fetched', {
      hints: ['use "https:"'],
    })
  }
  return { kind: 'archive', location: url.href }
}

function parsePath(text: string, { workingDirectory, home }: SourceContext): Source {
  const isTilde = text === '~' || text.startsWith('~/')
  if (isTilde && !isAbsolute(home)) throw refuseSource(text, 'there is no home directory')
  if (text.startsWith('~') && !isTilde) {
    throw refuseSource(text, 'homes of others are not looked up', { hints: ['write the path'] })
  }
  const path = isTilde ? join(home, text.slice(1)) : resolve(workingDirectory, text)
  const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path
  const isName = !text.includes('/') || isPackageName(text.replace(/(?<=.)@[^/]*$/, ''))
  if (ARCHIVE.test(text)) return { kind: 'archive', location: trimmed }
  if (isName && !isTilde && text !== '.' && text !== '..') throw refuseName(text, path)
  if (/^[A-Za-z0-9][\w-]*\/[\w.-]+$/.test(text) && !exists(path)) {
    throw refuseSource(text, 'there is no such directory', {
      hints: [`use "github:${text}" for the repository of this name`],
    })
  }
  return { kind: 'directory', path: trimmed }
}

/** Refuses a name without a place: what it would be looked up in is for the user to say. */
function refuseName(text: string, path: string): Error {
  const hints = exists(path) ? [`use "./${display(text, 100)}" for the directory here`] : []
  if (isPackageName(text.replace(/(?<=.)@[^/]*$/, ''))) {
    hints.push(`use "npm:${text}" for the package of this name`)
  }
  return refuseSource(text, 'a bare name is no source', { hints })
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

import { isLoopback } from '#config'
import { refuseSource } from './refuse_source.ts'

/** A git repository, or a directory in one. */
export interface GitSource {
  readonly kind: 'git'
  /** As git takes it: "https://…", "ssh://…", "file:///…" or "git@host:path". */
  readonly url: string
  /** A branch, a tag or a commit; null for what the repository offers first. */
  readonly ref: string | null
  /** The directory of the extension or workspace, without a slash at either end; null for the whole. */
  readonly subdirectory: string | null
}

const HOSTED: Readonly<Record<string, { origin: string; path: RegExp }>> = {
  'github:': {
    origin: 'https://github.com/',
    path: /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}\/[A-Za-z0-9_.-]+$/,
  },
  'gitlab:': {
    origin: 'https://gitlab.com/',
    path: /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/,
  },
}

// "ssh -oProxyCommand=…": a host or a user that begins with "-" would be an option.
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/
const USER = '[A-Za-z0-9_][A-Za-z0-9._-]*'
const SCP = new RegExp(`^(${USER}@[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):([^/].*|/[^/].*)$`)

/** Answers whether a text names a git repository on its own, by "github:", "git+…:", "ssh:" or "user@host:path". */
export function isGit(text: string): boolean {
  return /^(?:github|gitlab|git|git\+[a-z]+|ssh):/i.test(text) || SCP.test(text)
}

/**
 * Reads the address of a repository with "#ref" and "//subdirectory" behind it, in either order.
 *
 * @throws ERR_REGISTRY_SOURCE
 */
export function parseGit(text: string): GitSource {
  if (/[^\x21-\x7e]|\\/.test(text)) throw refuseSource(text, 'it holds a character that no URL has')
  const { address, ref, subdirectory } = split(text)
  if (ref !== null && !isRef(ref)) {
    throw refuseSource(text, 'what stands behind "#" is no branch, tag or commit')
  }
  if (subdirectory !== null && !isSubdirectory(subdirectory)) {
    throw refuseSource(text, 'what stands behind "//" is no directory of a repository')
  }
  return { kind: 'git', url: parseAddress(text, address), ref, subdirectory }
}

/** Writes the one text of a repository that `parseGit()` reads as the same: "#ref" goes before "//subdirectory". */
export function renderGit({ url, ref, subdirectory }: Omit<GitSource, 'kind'>): string {
  return (renderHosted(url) ?? renderAddress(url)) + renderRest(ref, subdirectory)
}

/** Writes the short form of a URL, where it is read as that very URL. */
function renderHosted(url: string): string | undefined {
  for (const [scheme, { origin, path }] of Object.entries(HOSTED)) {
    if (!url.startsWith(origin) || !url.endsWith('.git')) continue
    const short = url.slice(origin.length, -'.git'.length)
    // Of a short form, one ".git" is taken away: "o/r.git.git" would be read as another repository.
    if (path.test(short) && !/\.git$|\/\.{1,2}$/.test(short)) return scheme + short
  }
  return undefined
}

/** Writes what exactly was fetched: "git+https://host/repository#<commit>//subdirectory". */
export function renderResolved(url: string, commit: string, subdirectory: string | null): string {
  return renderAddress(url) + renderRest(commit, subdirectory)
}

function renderAddress(url: string): string {
  return SCP.test(url) ? url : `git+${url}`
}

function renderRest(ref: string | null, subdirectory: string | null): string {
  return (ref === null ? '' : `#${ref}`) + (subdirectory === null ? '' : `//${subdirectory}`)
}

interface Parts {
  address: string
  ref: string | null
  subdirectory: string | null
}

/** Takes a text apart: neither a reference of git (git-check-ref-format(1)) nor the path of a repository holds "//". */
function split(text: string): Parts {
  const hash = text.indexOf('#')
  const before = hash === -1 ? text : text.slice(0, hash)
  const start = before.indexOf('://')
  const [address, inner] = cut(before, start === -1 ? 0 : start + '://'.length)
  const [ref, outer] = hash === -1 ? [null, null] : cut(text.slice(hash + 1), 0)
  if (inner !== null && outer !== null) {
    throw refuseSource(text, 'it names two directories of the repository')
  }
  return { address, ref, subdirectory: (inner ?? outer)?.replace(/\/$/, '') ?? null }
}

function cut(text: string, from: number): [string, string | null] {
  // The third slash of "file:///path" belongs to the path.
  const at = text.indexOf('//', text[from] === '/' ? from + 1 : from)
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 2)]
}

function isRef(ref: string): boolean {
  return ref.length <= 255 && !/^[-/]|\.\.|[~^:?*[\\]|@\{|\.lock$|[/.]$|\/\./.test(ref) &&
    ref !== ''
}

function isSubdirectory(path: string): boolean {
  return path.length <= 1024 &&
    path.split('/').every((part) => /^[A-Za-z0-9_@][A-Za-z0-9_.@+-]*$/.test(part))
}

function parseAddress(text: string, address: string): string {
  const [, scheme, rest] = /^([a-z]+:)(?!\/\/)(.*)$/i.exec(address) ?? []
  const hosted = HOSTED[scheme?.toLowerCase() ?? '']
  if (hosted !== undefined && rest !== undefined) {
    const path = rest.replace(/\.git$/, '')
    if (!hosted.path.test(path) || /\/\.{1,2}$/.test(path)) {
      throw refuseSource(text, 'it names no repository', {
        hints: [`write it as in "${scheme}owner/repository#v1"`],
      })
    }
    return `${hosted.origin}${path}.git`
  }
  if (SCP.test(address)) {
    const [, , path] = SCP.exec(address)!
    if (/^-|[?]/.test(path!)) throw refuseSource(text, 'it names no repository')
    return address
  }
  return parseUrl(text, address.replace(/^git\+/i, ''))
}

function parseUrl(text: string, address: string): string {
  const url = URL.parse(address)
  if (url === null || !/^[a-z]+:\/\//i.test(address)) {
    throw refuseSource(text, 'it is no URL of a git repository', {
      hints: ['write it as in "git+https://host/owner/repository.git#v1"'],
    })
  }
  if (url.search !== '' || address.includes('?')) throw refuseSource(text, 'its URL has a query')
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) {
    throw refuseSource(text, 'its URL holds a user name or a password', {
      hints: ['take it out: the source is recorded, and shown to whoever asks'],
    })
  }
  const path = url.pathname.replace(/\/+$/, '')
  if (path === '') throw refuseSource(text, 'its URL names no repository')
  if (url.protocol === 'file:') {
    if (url.host !== '') throw refuseSource(text, 'its URL names another machine')
    return `file://${path}`
  }
  if (!HOST.test(url.hostname)) throw refuseSource(text, 'its host is malformed')
  if (url.protocol === 'ssh:') {
    if (url.username !== '' && !new RegExp(`^${USER}$`).test(url.username)) {
      throw refuseSource(text, 'its user name is malformed')
    }
    const user = url.username === '' ? '' : `${url.username}@`
    return `ssh://${user}${url.host}${path}`
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw refuseSource(text, 'over "http:" anybody on the way could change what is fetched', {
      hints: ['use "https:"'],
    })
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refuseSource(text, `git is not used over "${url.protocol}"`, {
      hints: ['use "git+https:", "git+ssh:" or "git+file:"'],
    })
  }
  return `${url.origin}${path}`
}

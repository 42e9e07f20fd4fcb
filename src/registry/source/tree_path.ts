import { Buffer } from 'node:buffer'

/** Longest name of a file, as file systems have it, in bytes. */
const MAX_NAME = 255

/** Longest path in a tree, in bytes: far below what any system calls too long, wherever the tree will lie. */
const MAX_PATH = 1024

/** Most directories round a file. */
const MAX_DEPTH = 64

/**
 * Says what is wrong with the path of a file in somebody else's tree; `undefined` when it can only lead to a place in this tree,
 * on every system, and means the same to all who read it.
 */
export function findPathFault(path: string): string | undefined {
  if (path === '') return 'a name in it is empty'
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(path)) return 'a name in it holds a control character'
  if (path.includes('\ufffd')) return 'a name in it is not UTF-8'
  if (path.startsWith('/')) return 'a path in it is absolute'
  if (path.includes('\\')) return 'a name in it holds a backslash'
  if (/^[A-Za-z]:/.test(path)) return 'a path in it begins with a drive letter'
  if (Buffer.byteLength(path) > MAX_PATH) return 'a path in it is too long'
  const parts = path.split('/')
  if (parts.length > MAX_DEPTH) return 'its directories are too deep'
  for (const part of parts) {
    if (part === '..') return 'a path in it leads out'
    if (part === '' || part === '.') return 'a path in it is not plain'
    if (Buffer.byteLength(part) > MAX_NAME) return 'a name in it is too long'
  }
  return undefined
}

/**
 * Answers whether a file is part of what is shared: what begins with "." is the author's own (".git", ".env"), and what lies in
 * `node_modules` is made by installing, which nobody here does.
 */
export function isShared(path: string): boolean {
  return path.split('/').every((part) => !part.startsWith('.') && part !== 'node_modules')
}

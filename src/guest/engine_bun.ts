import type { Engine } from './engine.ts'
import type { Database } from './storage.ts'

/** The guest's needs in the words of Bun. */
export function createBunEngine(): Engine {
  const ownFetch = fetch
  const fs = process.getBuiltinModule('node:fs')
  // It told the executable to be an engine, and means nothing to the extension.
  delete process.env.BUN_BE_BUN
  return {
    args: process.argv.slice(2),
    read: (path) => fs.readFileSync(path, 'utf8'),
    remove: fs.unlinkSync,
    openPipe(path, direction) {
      const descriptor = fs.openSync(path, direction[0]!)
      return (bytes) => fs[`${direction}Sync`](descriptor, bytes)
    },
    openDatabase: (path) => new (process.getBuiltinModule('bun:sqlite').Database)(path),
    connect: (socket) => (url, init) => ownFetch(url, { ...init, unix: socket } as RequestInit),
    // Bun forgets who has waited for it.
    refuse(message, { stack = '' }) {
      const name = 'NotCapable'
      return Object.assign(new Error(message), {
        name,
        stack: stack.replace(/^Error/, `${name}: ${message}`),
      })
    },
    writeError: (text) => void fs.writeSync(2, text),
    offer(exports, modules) {
      Bun.plugin({
        name: 'phylum',
        setup(build) {
          build.module('phylum', () => ({ exports, loader: 'object' }))
          offerModules(build, modules, fs.readFileSync)
        },
      })
    },
    // It was started with the user's own.
    setHome() {},
    watch(onIdle, onUncaught) {
      process.on('beforeExit', onIdle)
      // With a listener of its own, the extension says itself what becomes of it.
      for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
        process.on(name, (error) => process.listenerCount(name) > 1 || onUncaught(error))
      }
    },
    onUnread: (end) => process.on('SIGPIPE', end),
    isUnread: (error) => error instanceof Error && 'code' in error && error.code === 'EPIPE',
    exit: (code) => process.exit(code),
  }
}

/** How an import from elsewhere begins. */
const SCHEMES = ['https', 'npm', 'jsr']

/** Leads imports from elsewhere to the files that were fetched for them: Bun fetches nothing, and knows no URLs. */
function offerModules(build: Build, directory: string | null, read: FileReader): void {
  const { imports }: ModuleRecord = directory === null
    ? { imports: {} }
    : JSON.parse(read(`${directory}/modules.json`, 'utf8'))
  for (const namespace of SCHEMES) {
    build.onResolve({ filter: /.*/, namespace }, ({ path }) => {
      const specifier = `${namespace}:${path}`
      const key = namespace === 'https' ? new URL(specifier).href : specifier
      const place = Object.hasOwn(imports, key) ? imports[key] : undefined
      if (place === undefined) {
        throw new Error(`Module "${key}" is not among those that were fetched before`)
      }
      // A package says itself which of its files is meant.
      const file = typeof place === 'string'
        ? `${directory}/${place}`
        : Bun.resolveSync(place[0], `${directory}/${place[1]}`)
      return { path: file, namespace: 'file' }
    })
  }
}

/** What is known of modules that were fetched before, as far as it is used here. */
interface ModuleRecord {
  imports: Record<string, string | [specifier: string, place: string] | undefined>
}

type FileReader = (path: string, encoding: 'utf8') => string

/** The words of Bun, and of Node.js in it. */
declare const Bun: {
  resolveSync(specifier: string, from: string): string
  plugin(options: { name: string; setup(build: Build): void }): void
}

interface Build {
  onResolve(
    filter: { filter: RegExp; namespace: string },
    resolve: (wanted: { path: string }) => { path: string; namespace: string },
  ): void
  module(name: string, load: () => { exports: Record<string, unknown>; loader: 'object' }): void
}

declare const process: {
  argv: string[]
  env: { BUN_BE_BUN?: string }
  getBuiltinModule(name: 'node:fs'): {
    readFileSync(path: string, encoding: 'utf8'): string
    unlinkSync(path: string): void
    openSync(path: string, flags: string): number
    readSync(descriptor: number, bytes: Uint8Array): number
    writeSync(descriptor: number, data: string | Uint8Array): number
  }
  getBuiltinModule(name: 'bun:sqlite'): { Database: new (path: string) => Database }
  listenerCount(event: string): number
  on(event: 'beforeExit' | 'SIGPIPE', listener: () => void): void
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): void
  exit(code: number): never
}

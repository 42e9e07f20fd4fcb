/** What a manifest grants by kind. */
export type Kind = 'read' | 'write' | 'env' | 'run' | 'net' | 'api'

/** Every kind. */
export const KINDS: readonly Kind[] = ['read', 'write', 'env', 'run', 'net', 'api']

const FILES: readonly Kind[] = ['read', 'write']

/** What members of `Deno` need, `Sync` at the end left out; all others need nothing that is granted by a manifest. */
export const DENO: Readonly<Record<string, readonly Kind[]>> = {
  ...each(
    ['read'],
    'readTextFile readFile readDir readLink stat lstat realPath watchFs statfs',
  ),
  ...each(
    ['write'],
    'writeTextFile writeFile mkdir makeTempDir makeTempFile remove truncate chmod chown utime create link symlink',
  ),
  ...each(FILES, 'open rename copyFile'),
  ...each(['env'], 'env'),
  ...each(['run'], 'Command run spawn spawnAndWait'),
  ...each(
    ['net'],
    'connect connectTls listen listenTls listenDatagram resolveDns createHttpClient serve',
  ),
}

/** The same of `Bun`. */
export const BUN: Readonly<Record<string, readonly Kind[]>> = {
  ...each(FILES, 'file mmap openInEditor build SQL'),
  ...each(['write'], 'write'),
  ...each(['read'], 'Glob resolve'),
  ...each(['env'], 'env'),
  ...each(['run'], 'spawn spawnSync $ Terminal'),
  ...each(['net'], 'fetch connect listen serve udpSocket dns redis s3'),
}

/** What modules of the engines need. */
export const MODULES: Readonly<Record<string, readonly Kind[]>> = {
  ...each(FILES, 'fs fs/promises sqlite bun:sqlite bun:ffi'),
  ...each(['run'], 'child_process'),
  ...each(['net'], 'net tls http https http2 dgram dns dns/promises'),
  ...each(['env'], 'process'),
  // These can do whatever the extension can.
  ...each(KINDS, 'module vm worker_threads cluster bun'),
}

function each(kinds: readonly Kind[], names: string): Record<string, readonly Kind[]> {
  return Object.fromEntries(names.split(' ').map((name) => [name, kinds]))
}

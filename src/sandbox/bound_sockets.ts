import { readFileSync } from 'node:fs'

/** The kernel's list of sockets (proc_net(5)). */
const LIST = '/proc/net/unix'

/**
 * Lists the paths of sockets that programs listen on at this moment. Being able to read a directory is being able to connect to
 * the sockets in it, and neither a read-only mount nor Landlock before version 9 says otherwise; behind many of them is a
 * program that does whatever it is told with the user's rights (docker, ssh-agent, the session bus).
 */
export function listSockets(): string[] {
  try {
    const paths = readFileSync(LIST, 'utf8').split('\n').map((line) => line.split(' ').at(-1) ?? '')
    return [...new Set(paths)].filter((path) => path.startsWith('/'))
  } catch {
    return []
  }
}

import process from 'node:process'
import { awaitChild } from './await_child.ts'
import type { Label, Program } from './program.ts'
import { endLike } from './report.ts'

const LAYER = 'namespaces'

// clone(2)
const CLONE_NEWNS = 0x20000
const CLONE_NEWCGROUP = 0x2000000
const CLONE_NEWUTS = 0x4000000
const CLONE_NEWIPC = 0x8000000
const CLONE_NEWUSER = 0x10000000
const CLONE_NEWPID = 0x20000000
const CLONE_NEWNET = 0x40000000
const SIGCHLD = 17

// openat(2), prctl(2)
const AT_FDCWD = -100
const O_WRONLY = 1
const O_CLOEXEC = 0o2000000
const PR_SET_PDEATHSIG = 1
const SIGKILL = 9

/**
 * Goes on in namespaces of its own, as the first process of them: users, mounts, processes, System V messages, host name, control groups
 * and, unless it may connect to other machines, network (namespaces(7)). The launcher itself stays outside, waits and ends with
 * it; each is killed when the process that started it ends.
 */
export function enterNamespaces(program: Program, { hasNetwork }: { hasNetwork: boolean }): void {
  program.attempt('prctl', PR_SET_PDEATHSIG, SIGKILL)
  // A host that was killed before this one had asked to be told of it: nobody would end the guest.
  const way = { layer: LAYER, subject: '' } as const
  const host = program.ask(way, 'getppid')
  program.expect({ layer: LAYER, subject: 'the host has ended' }, host, process.pid)
  const flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
    CLONE_NEWCGROUP | (hasNetwork ? 0 : CLONE_NEWNET) | SIGCHLD
  const child = program.ask(way, 'clone', flags)
  const inside: Label = {}
  const parent: Label = {}
  program.expect({ layer: LAYER, subject: '', otherwise: parent }, child, 0)
  program.jump(inside)
  program.mark(parent)
  endLike(program, awaitChild(program, child))
  program.mark(inside)
  program.attempt('prctl', PR_SET_PDEATHSIG, SIGKILL)
  // Of the user, and of one group: where nobody has to be asked, no more than that can be had (user_namespaces(7)).
  const [user, group] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  write(program, '/proc/self/uid_map', `${user} ${user} 1\n`)
  write(program, '/proc/self/setgroups', 'deny\n')
  write(program, '/proc/self/gid_map', `${group} ${group} 1\n`)
}

function write(program: Program, path: string, content: string): void {
  const way = { layer: LAYER, subject: path } as const
  const flags = O_WRONLY | O_CLOEXEC
  const file = program.ask(way, 'openat', AT_FDCWD, program.text(path), flags)
  program.call(way, 'write', file, program.text(content), content.length)
  program.attempt('close', file)
}

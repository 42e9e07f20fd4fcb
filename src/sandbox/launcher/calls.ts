import type { Machine } from '../system_calls.ts'

/** Numbers of the system calls that launcher and host make: x86_64, then aarch64 (asm/unistd.h). */
const CALLS = {
  write: [1, 64],
  close: [3, 57],
  fcntl: [72, 25],
  memfd_create: [319, 279],
  openat: [257, 56],
  openat2: [437, 437],
  newfstatat: [262, 79],
  close_range: [436, 436],
  chdir: [80, 49],
  mkdirat: [258, 34],
  symlinkat: [266, 36],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  open_tree: [428, 428],
  move_mount: [429, 429],
  mount_setattr: [442, 442],
  prctl: [157, 167],
  capset: [126, 91],
  prlimit64: [302, 261],
  setsid: [112, 157],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  landlock_create_ruleset: [444, 444],
  landlock_add_rule: [445, 445],
  landlock_restrict_self: [446, 446],
  seccomp: [317, 277],
  getppid: [110, 173],
  clone: [56, 220],
  execve: [59, 221],
  wait4: [61, 260],
  exit_group: [231, 94],
} as const

/** Name of a system call. */
export type Call = keyof typeof CALLS

/** The number of a system call. */
export function callNumber(machine: Machine, call: Call): number {
  return CALLS[call][machine === 'x64' ? 0 : 1]
}

/** Machines whose system calls are known here, by the names that runtimes give them. */
export type Machine = 'x64' | 'arm64'

/** How the kernel names a machine in a filter (`AUDIT_ARCH_…` of linux/audit.h). */
export const ARCHITECTURES: Readonly<Record<Machine, number>> = {
  x64: 0xc000003e,
  arm64: 0xc00000b7,
}

/**
 * System calls that no extension and no program it starts has any business with, by what they are for. Each is refused with
 * EPERM whatever its arguments; programs ask for many of them in passing and go on without.
 */
const REFUSED = {
  'other processes': {
    ptrace: [101, 117],
    process_vm_readv: [310, 270],
    process_vm_writev: [311, 271],
    process_madvise: [440, 440],
    pidfd_getfd: [438, 438],
    kcmp: [312, 272],
    perf_event_open: [298, 241],
  },
  'new namespaces, and with them all of the kernel that only root reaches otherwise': {
    unshare: [272, 97],
    setns: [308, 268],
  },
  'mounts': {
    mount: [165, 40],
    umount2: [166, 39],
    pivot_root: [155, 41],
    chroot: [161, 51],
    open_tree: [428, 428],
    open_tree_attr: [467, 467],
    move_mount: [429, 429],
    fsopen: [430, 430],
    fsconfig: [431, 431],
    fsmount: [432, 432],
    fspick: [433, 433],
    mount_setattr: [442, 442],
    swapon: [167, 224],
    swapoff: [168, 225],
    quotactl: [179, 60],
    quotactl_fd: [443, 443],
  },
  // A handle leads to a file past every directory above it (CVE-2014-3519, "shocker").
  'files by handle, and watching all of them': {
    name_to_handle_at: [303, 264],
    open_by_handle_at: [304, 265],
    fanotify_init: [300, 262],
  },
  // Its requests are carried out by the kernel past this filter.
  'io_uring': {
    io_uring_setup: [425, 425],
    io_uring_enter: [426, 426],
    io_uring_register: [427, 427],
  },
  'keys, which belong to the user and not to a namespace': {
    add_key: [248, 217],
    request_key: [249, 218],
    keyctl: [250, 219],
  },
  'code in the kernel, and holding it up at will': {
    bpf: [321, 280],
    userfaultfd: [323, 282],
    init_module: [175, 105],
    finit_module: [313, 273],
    delete_module: [176, 106],
    kexec_load: [246, 104],
    kexec_file_load: [320, 294],
    modify_ldt: [154, undefined],
    iopl: [172, undefined],
    ioperm: [173, undefined],
  },
  'the machine': {
    reboot: [169, 142],
    acct: [163, 89],
    syslog: [103, 116],
    vhangup: [153, 58],
    settimeofday: [164, 170],
    clock_settime: [227, 112],
    clock_adjtime: [305, 266],
    adjtimex: [159, 171],
    sethostname: [170, 161],
    setdomainname: [171, 162],
  },
  'calls that nobody needs any more': {
    uselib: [134, undefined],
    ustat: [136, undefined],
    sysfs: [139, undefined],
    _sysctl: [156, undefined],
    lookup_dcookie: [212, 18],
    nfsservctl: [180, 42],
    personality: [135, 92],
  },
} as const satisfies Record<string, Record<string, Numbers>>

/** System calls on whose arguments it depends. */
const LOOKED_AT = {
  socket: [41, 198],
  clone: [56, 220],
  clone3: [435, 435],
  ioctl: [16, 29],
  chmod: [90, undefined],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  fchmodat2: [452, 452],
  mkdir: [83, undefined],
  mkdirat: [258, 34],
  mknod: [133, undefined],
  mknodat: [259, 33],
  open: [2, undefined],
  openat: [257, 56],
  openat2: [437, 437],
  creat: [85, undefined],
  sendto: [44, 206],
  sendmsg: [46, 211],
  sendmmsg: [307, 269],
} as const satisfies Record<string, Numbers>

/** A number for each machine; undefined where the machine has no such call. */
type Numbers = readonly [x64: number, arm64: number | undefined]

/** Name of a system call whose arguments are looked at. */
export type LookedAt = keyof typeof LOOKED_AT

/** The numbers of the calls that are always refused, by name. */
export function refusedCalls(machine: Machine): Map<string, number> {
  const calls = Object.values(REFUSED).flatMap((group) => Object.entries<Numbers>(group))
  return new Map(calls.flatMap(([name, numbers]) => {
    const number = numbers[column(machine)]
    return number === undefined ? [] : [[name, number] as const]
  }))
}

/** The number of a call whose arguments are looked at; undefined where the machine has none. */
export function numberOf(machine: Machine, call: LookedAt): number | undefined {
  return LOOKED_AT[call][column(machine)]
}

function column(machine: Machine): 0 | 1 {
  return machine === 'x64' ? 0 : 1
}

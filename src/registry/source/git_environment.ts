import type { Environment } from '#config'
import type { Git } from './find_git.ts'

/**
 * What git may do, and nothing of what the user or the machine has told it otherwise. It is read by the git that we start and by the
 * one that it starts to serve a local repository.
 *
 * No redirect is followed: it would lead to another host than the one that was typed, and that was agreed to. No helper is asked for
 * credentials: it may answer for any host. No hook, monitor, filter or maintenance is started.
 */
export function renderGitConfig(protocol: string): string {
  return `[core]
  hooksPath = /dev/null
  fsmonitor = false
  attributesFile = /dev/null
  excludesFile = /dev/null
[credential]
  helper =
[protocol]
  allow = never
  version = 2
[protocol "${protocol}"]
  allow = always
[http]
  followRedirects = false
  sslVerify = true
  lowSpeedLimit = 1
  lowSpeedTime = 30
[transfer]
  bundleURI = false
[fetch]
  recurseSubmodules = false
  writeCommitGraph = false
[submodule]
  recurse = false
[gc]
  auto = 0
[maintenance]
  auto = false
`
}

/** What decides how a server is reached and checked; the user's own, and no road for a repository to anything. */
const PASSED = [
  'ALL_PROXY',
  'all_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'GIT_SSL_CAINFO',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
]

/** Options of ssh: it asks nobody, gives up in time, and hands the user's agent to no server. */
const SSH = [
  'ssh',
  '-oBatchMode=yes',
  '-oForwardAgent=no',
  '-oForwardX11=no',
  '-oClearAllForwardings=yes',
  '-oConnectTimeout=30',
  '-oServerAliveInterval=10',
].join(' ')

/**
 * Makes the environment of git, from nothing: variables such as GIT_DIR, GIT_EXEC_PATH or GIT_SSH_COMMAND of whoever started phylum
 * would turn it into something else. HOME is there for "~/.netrc" and "~/.ssh", which say for each host who the user is.
 *
 * @param config file that `renderGitConfig()` was written to
 */
export function createGitEnvironment(
  git: Git,
  options: { environment: Environment; home: string; config: string; protocol: string },
): Record<string, string> {
  const { environment, protocol } = options
  const names = protocol === 'ssh' ? ['SSH_AUTH_SOCK'] : protocol === 'file' ? [] : PASSED
  const passed = names.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value]]
  })
  return {
    ...Object.fromEntries(passed) as Record<string, string>,
    PATH: git.path,
    HOME: options.home,
    // Its messages are read.
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: options.config,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_SSH_COMMAND: SSH,
    GIT_SSH_VARIANT: 'ssh',
  }
}

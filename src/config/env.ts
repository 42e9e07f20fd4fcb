/** The environment of the process, passed in: nothing below `cli` reads `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Every environment variable that phylum reads, with what it does; the manual is made from this list.
 * Nothing else in the environment changes what phylum does.
 */
export const ENVIRONMENT = {
  PHYLUM_API_KEY: 'API key or refresh token; wins over settings.yaml and is never written to it',
  PHYLUM_API_URI: 'Address of the API; wins over "connection.uri" in settings.yaml',
  PHYLUM_NO_INPUT: 'Not empty: never ask anything, as if there were no terminal',
  PHYLUM_DENO: 'Path of the deno executable that runs extensions',
  PHYLUM_BUN: 'Path of the bun executable that runs extensions whose engine it is',
  PHYLUM_LOG: 'How much is logged on stderr: "error", "warn", "info" or "debug"',
  JSR_URL: 'Address of the registry that jsr: imports are fetched from, default "https://jsr.io/"',
  NPM_CONFIG_REGISTRY: 'Registry of packages whose scope has none of its own in .npmrc',
  NPM_CONFIG_USERCONFIG:
    'Absolute path of the .npmrc that names registries and their tokens, default "~/.npmrc"',
  HOME: 'Home directory, below which the XDG directories lie unless they are set',
  XDG_CONFIG_HOME: 'Directory of settings, default "~/.config"',
  XDG_DATA_HOME: 'Directory of installed extensions, default "~/.local/share"',
  XDG_STATE_HOME:
    'Directory of consent records and the state of extensions, default "~/.local/state"',
  XDG_CACHE_HOME: 'Directory of what can be made again, default "~/.cache"',
  XDG_RUNTIME_DIR: 'Directory of sockets, used when it is private to the user',
  TMPDIR: 'Directory of sockets where XDG_RUNTIME_DIR does not serve, default "/tmp"',
  BROWSER:
    'Command that opens the login page, instead of the desktop\'s own; several are separated by ":"',
  DISPLAY: 'Set: there is a desktop on which a browser can be opened',
  WAYLAND_DISPLAY: 'Set: there is a desktop on which a browser can be opened',
  SSH_CONNECTION: 'Set: the browser is on another machine, so login shows a code instead',
  NO_COLOR: 'Not empty: no colour',
  CLICOLOR: '"0": no colour',
  CLICOLOR_FORCE: 'Not empty and not "0": colour even where the output is not a terminal',
  TERM: '"dumb": no colour and no cursor movement',
  PATH: 'Where git is found; relative directories in it are passed over',
  SSH_AUTH_SOCK: 'Agent with the keys for repositories over ssh',
  HTTPS_PROXY: 'Proxy on the way to servers; likewise HTTP_PROXY, ALL_PROXY and NO_PROXY',
  GIT_SSL_CAINFO: 'Authorities that git trusts over https',
  SSL_CERT_FILE: 'Authorities that git trusts over https; likewise SSL_CERT_DIR',
  CI: 'Not empty: never ask anything, as if there were no terminal',
} as const satisfies Record<string, string>

/** Name of an environment variable that phylum reads. */
export type EnvironmentName = keyof typeof ENVIRONMENT

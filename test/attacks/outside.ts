/** What a program tries that an extension has run outside of the sandbox, in the words of a shell; "$1" is the settings file. */
const SCRIPT = `
  directory=$(dirname "$1")
  cat "$1" "/proc/self/root$1" "$directory/../phylum/settings.yaml"
  env
  cat /proc/[0-9]*/environ
  for each in /proc/[0-9]*; do cat "$each/root$1"; done
  ln "$1" hard && cat hard
  ln -s "$directory" soft && cat soft/settings.yaml; rm soft
  mv "$directory" away && cat away/settings.yaml
  mv "$(dirname "$directory")" further && cat further/phylum/settings.yaml
  unshare --user --map-root-user --mount sh -c 'umount -l "$0"; mount --bind / /mnt && cat "/mnt$1"; cat "$1"' "$directory" "$1"
  nsenter --target 1 --mount cat "$1"
  phylum auth token
`

/**
 * Makes the attack of an extension whose user has agreed to have programs run outside of the sandbox.
 *
 * @param start code that runs the program, given the names of variables that hold it and its arguments, and gives what it has printed
 */
export function attackFromOutside(
  name: string,
  start: (program: string, words: string) => string,
): {
  name: string
  permissions: string
  code: string
} {
  return {
    name,
    permissions: 'unsandboxed_run = ["sh"]',
    code: `const words = ['-c', ${JSON.stringify(SCRIPT)}, 'sh', SETTINGS]
      console.log(${start(`'sh'`, 'words')}.toString('latin1'))`,
  }
}

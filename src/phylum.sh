#!/bin/sh
# What `npm install` puts on the PATH. It starts Bun so that nothing in the working directory takes part: a plain
# "#!/usr/bin/env bun" would load ./.env and run the preload scripts of ./bunfig.toml inside the process that holds the
# credential.
set -eu

self=$(readlink -f -- "$0")
src=${self%/*}
root=${src%/*}

# Set from outside, these turn Bun into another program or make it print what it sends.
unset BUN_OPTIONS BUN_BE_BUN BUN_CONFIG_VERBOSE_FETCH BUN_INSPECT BUN_INSPECT_PRELOAD NODE_OPTIONS

# npm lays a dependency out below this package or beside it. Where it runs no install scripts the binary stays in the
# package of its platform, and bun.exe is a text that says so.
for modules in "$root/node_modules" "${root%/*}"; do
  for bun in "$modules"/@oven/bun-*/bin/bun "$modules/bun/bin/bun.exe"; do
    if [ -x "$bun" ]; then
      exec "$bun" --no-env-file --config=/dev/null "$src/main.ts" "$@"
    fi
  done
done
echo "error: Cannot find Bun beside phylum; install it again: npm install -g phylum" >&2
exit 1

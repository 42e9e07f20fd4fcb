import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainResolution } from '#registry'

/** What Deno says, with the error that is made of it. */
const CASES: [name: string, said: string, code: string, message: RegExp][] = [
  [
    'a module that is not there',
    `error: Import 'https://x.example/none.ts' failed: 404 Not Found\n    at file:///ext/main.ts:1:8\n`,
    'ERR_REGISTRY_SOURCE',
    /^Cannot find module "https:\/\/x\.example\/none\.ts", imported by "\.\/main\.ts:1:8"$/,
  ],
  [
    'a file that is not there',
    `error: Module not found "file:///ext/lib/a.ts".\n    at file:///ext/main.ts:1:8\n`,
    'ERR_REGISTRY_PATH',
    /^Cannot find module "\.\/lib\/a\.ts", imported by "\.\/main\.ts:1:8"$/,
  ],
  [
    'a file outside of the extension',
    `error: Module not found "file:///home/ann/my%20keys".\n    at file:///ext/main.ts:1:15\n`,
    'ERR_REGISTRY_PATH',
    /^Cannot use module "\/home\/ann\/my keys": it is outside of the directory of the extension/,
  ],
  [
    'a file that is imported from elsewhere',
    'error: Remote modules are not allowed to import local modules. Consider using a dynamic import instead.\n' +
    '  Importing: file:///etc/hostname\n    at https://x.example/evil.ts:1:15\n',
    'ERR_REGISTRY_SOURCE',
    /Remote modules are not allowed to import local modules/,
  ],
  [
    'a package that is not there',
    `error: npm package 'none' does not exist.\n    at file:///ext/main.ts:1:8\n`,
    'ERR_REGISTRY_SOURCE',
    /: npm package 'none' does not exist, imported by/,
  ],
  [
    'a package that is too new',
    `error: Could not find npm package 'a' matching '^1'.\n\nA newer matching version was found, but it was not used ` +
    'because it was newer than the specified minimum dependency date of 2026-11-25 06:37:49 UTC.\n',
    'ERR_REGISTRY_SOURCE',
    /^Cannot use package 'a' matching '\^1': what matches was published only just now$/,
  ],
  [
    'a module that was changed',
    'error: Integrity check failed for remote specifier. The source code is invalid, as it does not match the ' +
    'expected hash in the lock file.\n\n  Specifier: https://x.example/a.ts\n  Actual: 1\n  Expected: 2\n',
    'ERR_REGISTRY_INTEGRITY',
    /^Cannot use module "https:\/\/x\.example\/a\.ts": it is not the one that was locked$/,
  ],
  [
    'a package of JSR that was changed',
    'error: Integrity check failed for package. The source code is invalid, as it does not match the expected hash ' +
    'in the lock file.\n\n  Package: @s/p@1.0.0\n  Actual: 1\n  Expected: 2\n',
    'ERR_REGISTRY_INTEGRITY',
    /^Cannot use module "jsr:@s\/p@1\.0\.0"/,
  ],
  [
    'a package of npm that was changed',
    `error: Failed caching npm package 'a@1.2.0'\n    0: Tarball checksum did not match what was provided by npm ` +
    'registry for a@1.2.0.\n       \n       Expected: 1\n       Actual: 2\n',
    'ERR_REGISTRY_INTEGRITY',
    /^Cannot use module "npm:a@1\.2\.0"/,
  ],
  [
    'a lock file that lacks something',
    'error: The lockfile is out of date. Run `deno install --frozen=false`\nchanges:\n 1 | -{"version":"5"}\n',
    'ERR_REGISTRY_LOCK',
    /^Cannot use "deno\.lock": it does not say all of what the extension imports$/,
  ],
  [
    'a lock file that is none',
    "error: Failed reading lockfile at '/x/deno.lock'\n\nCaused by:\n    Unable to parse contents of lockfile.\n",
    'ERR_REGISTRY_LOCK',
    /^Cannot use "deno\.lock": it is no lock file of this version$/,
  ],
  ['nothing', '', 'ERR_REGISTRY_SOURCE', /the engine does not say why$/],
  [
    'something that fools a terminal',
    'error: \u001b]52;c;x\u0007\u202ebad\n',
    'ERR_REGISTRY_SOURCE',
    /^[\x20-\x7e]*$/,
  ],
]

for (const [name, said, code, message] of CASES) {
  test(`explainResolution() of ${name}`, () => {
    const error = explainResolution(said, { directory: '/ext', isFrozen: true })
    assert.equal(error.code, code)
    assert.match(error.message, message)
  })
}

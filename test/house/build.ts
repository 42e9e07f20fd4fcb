/**
 * Builds the executable: `bun test/house/build.ts`. The program as bytecode, the guest and the bundled extensions inside, and
 * nothing of the directory it is started in: by default a compiled Bun program loads ./.env and runs what ./bunfig.toml
 * preloads.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const outfile = join(root, 'dist/phylum')

/** Reads the extensions that come with phylum, by path below `extensions`, names this very set of them, and adds their types. */
function readBundled() {
  const base = join(root, 'extensions')
  const names = (readdirSync(base, { recursive: true }) as string[]).sort()
  const paths = names.map((name) => join(base, name)).filter((path) => statSync(path).isFile())
  const inside = paths.filter((path) => relative(base, path).includes('/'))
  const files = Object.fromEntries(
    inside.map((path) => [relative(base, path), readFileSync(path, 'utf8')]),
  )
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify(files))
  const declarations = readFileSync(join(base, 'phylum.d.ts'), 'utf8')
  return { digest: hash.digest('hex').slice(0, 16), files, declarations }
}

const built = await Bun.build({
  entrypoints: [join(root, 'src/main.ts')],
  compile: {
    outfile,
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
  bytecode: true,
  // What a command imports when it runs is loaded then: in one piece, all would be read for `phylum --version`.
  splitting: true,
  format: 'esm',
  // With names kept: oidc-provider files what it keeps under the names of its classes, which are otherwise dropped.
  minify: { whitespace: true, syntax: true, identifiers: false, keepNames: true },
  define: { PHYLUM_BUNDLED: JSON.stringify(readBundled()) },
})
if (!built.success) {
  for (const log of built.logs) console.error(String(log))
  process.exit(1)
}
console.error(`wrote ${relative(process.cwd(), outfile)}`)

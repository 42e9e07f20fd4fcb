/**
 * Writes the files that are made from others, or with `--check` tells which of them are out of date:
 * `bun test/house/generate.ts [--check]`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Bundles the guest into one module, as text: the executable has no files to hand to the engine. */
async function generateGuest(): Promise<string> {
  const built = await Bun.build({
    entrypoints: [`${root}/src/guest/main.ts`],
    target: 'browser',
    format: 'esm',
    // Whitespace goes, names stay: the engine reads it at each run, and people read its stack traces.
    minify: { whitespace: true, syntax: true, identifiers: false },
  })
  const source = await built.outputs[0]!.text()
  return [
    '// Made from src/guest by `npm run fix`; a test fails when it is out of date.',
    '// deno-fmt-ignore-file',
    `export const GUEST_SOURCE = ${JSON.stringify(source)}`,
    '',
  ].join('\n')
}

/** Each generated file with the function that makes it. */
export const GENERATED: Record<string, () => Promise<string>> = {
  'src/sandbox/guest.generated.ts': generateGuest,
}

if (import.meta.main) {
  for (const [path, make] of Object.entries(GENERATED)) {
    const text = await make()
    let isCurrent = false
    try {
      isCurrent = readFileSync(`${root}/${path}`, 'utf8') === text
    } catch {
      // It does not exist yet.
    }
    if (isCurrent) continue
    if (process.argv.includes('--check')) {
      console.error(`${path} is out of date: run npm run fix`)
      process.exitCode = 1
    } else {
      writeFileSync(`${root}/${path}`, text)
      console.error(`wrote ${path}`)
    }
  }
}

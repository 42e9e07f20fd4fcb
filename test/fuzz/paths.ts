import { isSubset, resolvePermissions } from '#permissions'
import type { GrantedPermissions } from '#permissions'
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { hostileText, refusal } from './hostile.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

/** Names of a small tree, which the kernel judges; commas, spaces and dots mean nothing to it. */
const WORDS = ['a', 'b', 'a,b', 'a b', '...', '.a', 'etc', '%2e%2e', 'ä', '-rf', "'", ';', '&', '#']

const path = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(
      fc.constantFrom('', './', '../', '/', '~/', '~', '//', 'HOME/', 'WORK/', '.', '..'),
      fc.array(fc.constantFrom(...WORDS, '.', '..', ''), { maxLength: 6 }),
      fc.constantFrom('', '/', '/.', '/..', '//'),
    ).map(([start, words, end]) => start + words.join('/') + end),
  },
  { weight: 1, arbitrary: hostileText(4) },
)

interface Tree {
  home: string
  work: string
}

function makeTree(root: string): Tree {
  const tree = { home: join(root, 'home'), work: join(root, 'home/work') }
  for (const start of [root, tree.home, tree.work]) {
    for (const one of WORDS) {
      mkdirSync(join(start, one, 'b'), { recursive: true })
      writeFileSync(join(start, one, 'etc'), '')
    }
  }
  return tree
}

function resolve(value: string, { home, work }: Tree): GrantedPermissions | undefined {
  const permissions = { read: [value] }
  return quickly(() =>
    refusal(
      () =>
        resolvePermissions({ permissions, api: { allow: [] } }, { home, workingDirectory: work }),
      /^ERR_PERMISSIONS_VALUE$/,
    )
  )
}

/** What the kernel finds under a path as it stands in a manifest. */
function find(path: string): { key: string; real: string } | undefined {
  try {
    const { dev, ino } = statSync(path)
    return { key: `${dev}:${ino}`, real: realpathSync.native(path) }
  } catch {
    return undefined
  }
}

/** Answers by the kernel's means whether one file is another, or lies below it. */
function isBelow(inner: string, outer: string): boolean {
  const wanted = find(outer)?.key
  for (let place = inner;; place = dirname(place)) {
    if (find(place)?.key === wanted) return true
    if (place === '/') return false
  }
}

/** Paths of manifests; what they mean is compared with what the kernel opens. */
export const manifestPath: Target = {
  name: 'permissions/path',
  promise:
    'D53 D62 a path of a manifest means what the kernel makes of it, and lies where it seems to lie',
  inputs: 8_000,
  open() {
    const root = realpathSync.native(mkdtempSync(join(tmpdir(), 'phylum-paths-')))
    const tree = makeTree(root)
    const place = (text: string) => text.replace(/^HOME/, tree.home).replace(/^WORK/, tree.work)
    return {
      property: fc.property(path.map(place), path.map(place), (one, other) => {
        const [inner, outer] = [resolve(one, tree), resolve(other, tree)]
        for (const [text, granted] of [[one, inner], [other, outer]] as const) {
          if (granted === undefined) continue
          const [resolved = ''] = granted.read as readonly string[]
          assert.ok(
            resolved.startsWith('/') && !/(^|\/)\.{1,2}(\/|$)|\/\/|.\/$/.test(resolved),
            resolved,
          )
          // As a program opens it that was started in the working directory, with the shell's "~".
          const literal = /^~(\/|$)/.test(text) ? tree.home + text.slice(1) : text
          const meant = find(literal.startsWith('/') ? literal : `${tree.work}/${literal}`)
          if (meant !== undefined) assert.deepEqual(find(resolved), meant)
        }
        if (inner === undefined || outer === undefined) return
        const [low = '', high = ''] = [inner, outer].map(({ read }) =>
          (read as readonly string[])[0]
        )
        if (find(low) === undefined || find(high) === undefined) return
        assert.equal(isSubset(inner, outer), isBelow(low, high), `${low} below ${high}`)
      }),
      close() {
        rmSync(root, { recursive: true })
        return Promise.resolve()
      },
    }
  },
}

import { separate } from './separate.ts'
import type { Layers } from './separate.ts'
import { breach } from './tree.ts'
import type { Breach, Source } from './tree.ts'

/** What no file says, and in which layer of the text it would stand. */
const BANNED: readonly { name: string; layer: keyof Layers; pattern: RegExp; reason: string }[] = [
  {
    name: 'any',
    layer: 'code',
    pattern: /(?<![\w$#.])any\b(?!\s*\??\s*[(:])/g,
    reason: 'it switches the compiler off; `unknown` does not',
  },
  {
    name: '@ts-ignore and its kin',
    layer: 'comments',
    pattern: /@ts-(ignore|expect-error|nocheck)\b/g,
    reason: 'it switches the compiler off',
  },
  {
    name: 'enum',
    layer: 'code',
    pattern: /(?<![\w$#.])enum\s+[\w$]+\s*\{/g,
    reason: 'it is no JavaScript; a union of texts is',
  },
  {
    name: 'namespace',
    layer: 'code',
    pattern: /(?<![\w$#.])(namespace\s+[\w$.]+|module\s+[\w$.]+|declare\s+global)\s*\{/g,
    reason: 'a file is a namespace already',
  },
  {
    name: 'default export',
    layer: 'code',
    pattern: /\bexport\s+default\b|\bas\s+default\b/g,
    reason: 'a thing has one name',
  },
  {
    name: 'TODO',
    layer: 'comments',
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/g,
    reason: 'an issue is found again, a comment is not',
  },
]

/** Finds what the house does not say. */
export function checkLanguage(sources: readonly Source[]): Breach[] {
  return sources.flatMap((source) => {
    const layers = separate(source.text)
    return BANNED.flatMap(({ name, layer, pattern, reason }) => {
      if (name === 'namespace' && source.path.endsWith('.d.ts')) return []
      return [...layers[layer].matchAll(pattern)]
        .map(({ index }) => breach(source, index, `${name}: ${reason}`))
    })
  })
}

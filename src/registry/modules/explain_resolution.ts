import { display, PhylumError } from '#base'
import { pathToFileURL } from 'node:url'

/**
 * Makes an error of what the engine says when it cannot resolve the modules of an extension.
 *
 * @param text what it has printed
 * @param directory of the extension: what lies in it is named by its path there
 * @param isFrozen whether the author's lock file had to say all of it already
 */
export function explainResolution(
  text: string,
  { directory, isFrozen }: { directory: string; isFrozen: boolean },
): PhylumError {
  const output = text.replaceAll(`${pathToFileURL(directory).href}/`, './')
  const changed = findChanged(output)
  if (changed !== undefined) {
    return new PhylumError(
      'ERR_REGISTRY_INTEGRITY',
      `Cannot use module "${display(changed)}": it is not the one that was locked`,
      {
        hints: isFrozen
          ? [
            'it has changed where it comes from, or "deno.lock" was changed by hand',
            'whoever has looked at what changed deletes its entry, and runs `phylum ext check`',
          ]
          : ['the registry says one thing and delivers another; try again later'],
      },
    )
  }
  if (/lockfile is out of date/i.test(output)) {
    return new PhylumError(
      'ERR_REGISTRY_LOCK',
      'Cannot use "deno.lock": it does not say all of what the extension imports',
      { hints: ['its author runs `phylum ext check` in its directory, and commits the file'] },
    )
  }
  if (/lock ?file/i.test(output) && /pars|reading|version|deserializ/i.test(output)) {
    return new PhylumError(
      'ERR_REGISTRY_LOCK',
      'Cannot use "deno.lock": it is no lock file of this version',
      { hints: ['resolve conflicts in it, or delete it and run `phylum ext check`'] },
    )
  }
  if (/minimum dependency (date|age)/.test(output)) {
    const [, wanted = 'a package'] =
      /Could not find npm package ('\S+' matching '[^']*')/.exec(output) ?? []
    return new PhylumError(
      'ERR_REGISTRY_SOURCE',
      `Cannot use package ${display(wanted)}: what matches was published only just now`,
      {
        hints: [
          'malicious versions are mostly found out within a day, so a version waits for 24 hours',
          'for registries that you trust, "min-release-age=0" in your .npmrc takes it at once',
        ],
      },
    )
  }
  const [, missing] = /(?:Import '([^']+)' failed: 404|Module not found "([^"]+)")/.exec(output)
    ?.filter(Boolean) ?? []
  if (missing?.startsWith('file:')) {
    return new PhylumError(
      'ERR_REGISTRY_PATH',
      `Cannot use module "${
        display(decodeURIComponent(missing.slice('file://'.length)))
      }": it is outside of the directory of the extension${whereIn(output)}`,
    )
  }
  if (missing !== undefined) {
    return new PhylumError(
      missing.startsWith('./') ? 'ERR_REGISTRY_PATH' : 'ERR_REGISTRY_SOURCE',
      `Cannot find module "${display(missing)}"${whereIn(output)}`,
    )
  }
  const [, said = 'the engine does not say why'] = /error: (.*)/.exec(output) ?? []
  return new PhylumError(
    'ERR_REGISTRY_SOURCE',
    `Cannot resolve the modules of the extension: ${display(said.replace(/\.$/, ''))}${
      whereIn(output)
    }`,
  )
}

/** Finds what does not match its checksum: a URL, or a package. */
function findChanged(output: string): string | undefined {
  const [, url] = /Integrity check failed[^]*?Specifier: (\S+)/.exec(output) ?? []
  if (url !== undefined) return url
  const [, jsr] = /Integrity check failed[^]*?Package: (\S+)/.exec(output) ?? []
  if (jsr !== undefined) return `jsr:${jsr}`
  const [, npm] = /Tarball checksum did not match[^\n]*? for (\S+?)\.?\s*$/m.exec(output) ?? []
  return npm === undefined ? undefined : `npm:${npm}`
}

/** Tells which file imports it. */
function whereIn(output: string): string {
  const [, place] = /^\s+at (\S+:\d+:\d+)$/m.exec(output) ?? []
  return place === undefined ? '' : `, imported by "${display(place)}"`
}

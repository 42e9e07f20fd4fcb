import { display } from '#base'
import { isRejected } from './evaluate.ts'
import type { Dependency, Rejection } from './evaluate.ts'

/** Most refused packages that a text lists; the raw answer has them all. */
const MAX_SHOWN = 200

/** Writes what the policy says, for a terminal. */
export function renderOutput(dependencies: readonly Dependency[]): string {
  const rejected = dependencies.filter(isRejected)
  const lines = rejected.slice(0, MAX_SHOWN).flatMap(({ purl, rejections }) => [
    '',
    display(purl),
    ...counting(rejections).flatMap(({ title, source }) => [
      `  [${source.severity}] ${display(title)}`,
      `      ${display(source.reason ?? '')}`,
      ...(source.description === null ? [] : [`      ${display(source.description)}`]),
    ]),
  ])
  return [summarize(dependencies, rejected), ...lines, ...more(rejected)].join('\n')
}

/** Writes what the policy says, in Markdown. */
export function renderReport(dependencies: readonly Dependency[]): string {
  const rejected = dependencies.filter(isRejected)
  const rows = rejected.slice(0, MAX_SHOWN).flatMap(({ purl, rejections }) =>
    counting(rejections).map(({ title, source }) =>
      `| ${
        [purl, source.severity ?? '', title, source.reason ?? '', source.description ?? '']
          .map(writeCell).join(' | ')
      } |`
    )
  )
  const table = rows.length === 0
    ? []
    : ['', '| Package | Severity | Finding | Rule | Reason |', '|---|---|---|---|---|', ...rows]
  const heading = `## Supply chain: ${rejected.length === 0 ? 'passed' : 'failed'}`
  return [heading, '', summarize(dependencies, rejected), ...table, ...more(rejected)].join('\n')
}

function counting(rejections: readonly Rejection[]): Rejection[] {
  return rejections.filter(({ suppression_reason }) => suppression_reason === null)
}

function summarize(all: readonly Dependency[], rejected: readonly Dependency[]): string {
  const count = all.length === 1 ? '1 package' : `${all.length} packages`
  if (rejected.length === 0) return `The policy refuses none of ${count}`
  return `The policy refuses ${rejected.length} of ${count}`
}

function more({ length }: readonly Dependency[]): string[] {
  return length > MAX_SHOWN ? ['', `and ${length - MAX_SHOWN} more`] : []
}

/** A report is shown in a pull request: a name in it must make no link, no image and no mention. */
function writeCell(text: string): string {
  return display(text).replace(/[\\`*_{}[\]()<>#+!|~@&:]/g, (mark) => `&#${mark.charCodeAt(0)};`)
}

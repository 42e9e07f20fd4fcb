import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'

/** One line of numbers. */
export interface Sample {
  name: string
  labels: Readonly<Record<string, string>>
  value: number
}

/** Numbers of one name. */
export interface Family {
  name: string
  type: string
  help: string
  samples: readonly Sample[]
}

const NAME = /^[a-z_:][a-z0-9_:]*$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^\\"\n]|\\[\\"n])*)"(,|$)/y
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|NaN|[+-]Inf)$/i

/**
 * Reads Prometheus' text format, version 0.0.4, and refuses what a scraper would refuse or misread: a line out of place,
 * a sample twice, a histogram that does not add up.
 */
export function parsePrometheus(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line has no end')
  const families = new Map<string, Family & { samples: Sample[] }>()
  const seen = new Set<string>()
  let help: [name: string, text: string] | undefined
  let current: (Family & { samples: Sample[] }) | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') {
      assert.ok(NAME.test(name) && rest !== '' && !families.has(name), line)
      help = [name, rest]
    } else if (kind === 'TYPE') {
      assert.ok(help?.[0] === name && ['counter', 'gauge', 'histogram'].includes(rest), line)
      assert.equal(rest === 'counter', name.endsWith('_total'), `by its name: ${line}`)
      current = { name, type: rest, help: help[1], samples: [] }
      families.set(name, current)
    } else {
      const sample = parseSample(line)
      assert.ok(current !== undefined && belongs(sample, current), `out of place: ${line}`)
      const identity = line.slice(0, line.lastIndexOf(' '))
      assert.ok(!seen.has(identity), `twice: ${line}`)
      seen.add(identity)
      if (current.type === 'counter') assert.ok(sample.value >= 0, line)
      current.samples.push(sample)
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family)
  return families
}

function parseSample(line: string): Sample {
  const [, name, inner, value = ''] = SAMPLE.exec(line) ?? []
  assert.ok(name !== undefined && VALUE.test(value), `no sample: ${line}`)
  const labels: Record<string, string> = {}
  for (let at = LABEL.lastIndex = 0; at < (inner ?? '').length; at = LABEL.lastIndex) {
    const [, label, text, end] = LABEL.exec(inner ?? '') ?? []
    assert.ok(label !== undefined && text !== undefined && !Object.hasOwn(labels, label), line)
    assert.ok(end === ',' || LABEL.lastIndex === inner?.length, line)
    labels[label] = text.replace(/\\(.)/g, (_, one) => one === 'n' ? '\n' : one)
  }
  return { name, labels, value: value === '+Inf' ? Infinity : Number(value) }
}

function belongs({ name }: Sample, family: Family): boolean {
  return family.type === 'histogram'
    ? ['_bucket', '_sum', '_count'].some((suffix) => name === family.name + suffix)
    : name === family.name
}

function checkHistogram({ name, samples }: Family): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest))
  for (const [labels, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map((bucket) =>
      bucket.labels['le'] === '+Inf' ? Infinity : Number(bucket.labels['le'])
    )
    const counts = buckets.map((bucket) => bucket.value)
    assert.ok(isRising(bounds, 1e-12) && bounds.at(-1) === Infinity, `bounds of ${labels}`)
    assert.ok(isRising(counts, 0), `counts of ${labels}`)
    const count = group.filter((sample) => sample.name === `${name}_count`)
    const sum = group.filter((sample) => sample.name === `${name}_sum`)
    assert.deepEqual([count.length, sum.length], [1, 1], labels)
    assert.equal(count[0]?.value, counts.at(-1), labels)
  }
}

function isRising(values: readonly number[], step: number): boolean {
  return values.every((value, index) => index === 0 || value - values[index - 1]! >= step)
}

/** Finds the value of a sample; 0 where it is not there. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const base = name.replace(/_(bucket|sum|count)$/, '')
  const family = families.get(name) ?? families.get(base)
  const found = family?.samples.find((sample) =>
    sample.name === name &&
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
  )
  return found?.value ?? 0
}

/** Lets Prometheus' own tool judge; answers what it says against a text, and `undefined` where it is not installed. */
export function runPromtool(text: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const tool = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    tool.stdout.on('data', (chunk) => said += chunk)
    tool.stderr.on('data', (chunk) => said += chunk)
    tool.on('error', () => resolve(undefined))
    tool.on('close', (code) => resolve(code === 0 ? said : `${said}(exit code ${code})`))
    tool.stdin.on('error', () => {})
    tool.stdin.end(text)
  })
}

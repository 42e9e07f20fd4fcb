import { BUCKETS } from './metrics.ts'
import type { Metrics, Series } from './metrics.ts'

/** Content type of what `renderMetrics()` gives. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What the process says of itself. */
export interface ProcessState {
  /** When it started, in seconds since the epoch. */
  startTime: number
  residentBytes: number
  cpuSeconds: number
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [suffix: string, labels: Labels, value: number]

/** Writes numbers in Prometheus' text format, version 0.0.4. */
export function renderMetrics(metrics: Metrics, process: ProcessState): string {
  const { series } = metrics
  return [
    ...renderFamily(
      'phylum_http_requests_total',
      'counter',
      'Requests answered, by method, route and class of status.',
      series.flatMap(renderClasses),
    ),
    ...renderFamily(
      'phylum_http_request_duration_seconds',
      'histogram',
      'Time from a request to the end of its answer.',
      series.flatMap(renderHistogram),
    ),
    ...renderFamily(
      'phylum_http_requests_in_flight',
      'gauge',
      'Requests that are being answered.',
      [['', {}, metrics.inFlight]],
    ),
    ...renderFamily(
      'phylum_database_errors_total',
      'counter',
      'Requests that could not be answered because the database failed.',
      [['', {}, metrics.databaseErrors]],
    ),
    ...renderFamily(
      'phylum_faults_total',
      'counter',
      'Faults on demand that requests met (--fault).',
      [...metrics.faults].map(([fault, count]) => ['', { fault }, count]),
    ),
    ...renderFamily(
      'process_start_time_seconds',
      'gauge',
      'When the process started, in seconds since the epoch.',
      [['', {}, process.startTime]],
    ),
    ...renderFamily(
      'process_resident_memory_bytes',
      'gauge',
      'Memory of the process.',
      [['', {}, process.residentBytes]],
    ),
    ...renderFamily(
      'process_cpu_seconds_total',
      'counter',
      'Processor time of the process.',
      [['', {}, process.cpuSeconds]],
    ),
    '',
  ].join('\n')
}

function renderFamily(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([suffix, labels, value]) => `${name}${suffix}${renderLabels(labels)} ${value}`),
  ]
}

function renderClasses({ method, route, classes }: Series): Sample[] {
  return [...classes].flatMap((count, index): Sample[] =>
    count === 0 ? [] : [['', { method, route, status: `${index}xx` }, count]]
  )
}

function renderHistogram({ method, route, buckets, seconds }: Series): Sample[] {
  let sum = 0
  const samples = [...buckets].map((count, index): Sample => [
    '_bucket',
    { method, route, le: index < BUCKETS.length ? String(BUCKETS[index]) : '+Inf' },
    sum += count,
  ])
  return [...samples, ['_sum', { method, route }, seconds], ['_count', { method, route }, sum]]
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeValue(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => character === '\n' ? '\\n' : `\\${character}`)
}

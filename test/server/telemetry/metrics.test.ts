import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUCKETS, Metrics } from '../../../src/server/telemetry/metrics.ts'
import { renderMetrics } from '../../../src/server/telemetry/render_metrics.ts'
import type { RequestRecord } from '../../../src/server/telemetry/request_record.ts'
import { parsePrometheus, runPromtool, valueOf } from '../../harness/prometheus.ts'

const STATE = { startTime: 1_772_366_400.5, residentBytes: 50_000_000, cpuSeconds: 1.25 }

const RECORD: RequestRecord = {
  requestId: 'r1',
  method: 'GET',
  route: '/api/v0/groups',
  status: 200,
  milliseconds: 3,
  bytes: 13,
  isCut: false,
  hasDatabaseFailed: false,
  userId: undefined,
  keyId: undefined,
  fault: undefined,
}

function render(...records: Partial<RequestRecord>[]): string {
  const metrics = new Metrics()
  for (const record of records) metrics.record({ ...RECORD, ...record })
  return renderMetrics(metrics, STATE)
}

test('renderMetrics() counts by method, route and class of status', () => {
  const families = parsePrometheus(
    render({}, {}, { status: 204 }, { status: 404 }, { method: 'POST', status: 503 }),
  )
  const count = (labels: Record<string, string>) =>
    valueOf(families, 'phylum_http_requests_total', labels)
  const route = '/api/v0/groups'
  assert.equal(count({ method: 'GET', route, status: '2xx' }), 3)
  assert.equal(count({ method: 'GET', route, status: '4xx' }), 1)
  assert.equal(count({ method: 'POST', route, status: '5xx' }), 1)
  assert.equal(families.get('phylum_http_requests_total')?.samples.length, 3)
})

test('renderMetrics() puts each time into the first bucket that is wide enough, bounds included', () => {
  const times = [0.5, 1, 1.0001, 5, 10_000, 10_001, 3_600_000]
  const families = parsePrometheus(render(...times.map((milliseconds) => ({ milliseconds }))))
  const name = 'phylum_http_request_duration_seconds'
  const upTo = (le: string) => valueOf(families, `${name}_bucket`, { le })
  assert.deepEqual([upTo('0.001'), upTo('0.0025'), upTo('0.005')], [2, 3, 4])
  assert.deepEqual([upTo('5'), upTo('10'), upTo('+Inf')], [4, 5, 7])
  assert.equal(valueOf(families, `${name}_count`), 7)
  const sum = times.reduce((total, time) => total + time / 1000, 0)
  assert.ok(Math.abs(valueOf(families, `${name}_sum`) - sum) < 1e-9)
  assert.equal(families.get(name)?.samples.length, BUCKETS.length + 3)
})

test('renderMetrics() counts each fault that a request met', () => {
  const families = parsePrometheus(render({ fault: 'slow+429' }, { fault: 'slow' }, {}))
  assert.equal(valueOf(families, 'phylum_faults_total', { fault: 'slow' }), 2)
  assert.equal(valueOf(families, 'phylum_faults_total', { fault: '429' }), 1)
})

test('renderMetrics() tells of the process, and of nothing else before the first request', () => {
  const families = parsePrometheus(render())
  assert.equal(valueOf(families, 'process_start_time_seconds'), STATE.startTime)
  assert.equal(valueOf(families, 'process_resident_memory_bytes'), STATE.residentBytes)
  assert.equal(valueOf(families, 'process_cpu_seconds_total'), STATE.cpuSeconds)
  assert.equal(valueOf(families, 'phylum_database_errors_total'), 0)
  assert.equal(valueOf(families, 'phylum_http_requests_in_flight'), 0)
})

test('renderMetrics() escapes what would end a label', () => {
  const route = 'a"b\\c\nd'
  const families = parsePrometheus(render({ route }))
  assert.equal(valueOf(families, 'phylum_http_requests_total', { route }), 1)
})

test('renderMetrics() is accepted by promtool', async (t) => {
  const said = await runPromtool(render({}, { fault: 'slow+cut', milliseconds: 20_000 }))
  if (said === undefined) return t.skip('promtool is not installed')
  assert.equal(said, '')
})

const GOOD = '# HELP a_total A.\n# TYPE a_total counter\na_total{x="1"} 2\n'
const HISTOGRAM = '# HELP h H.\n# TYPE h histogram\n'

test('parsePrometheus() refuses what a scraper would refuse or misread', () => {
  const bad = {
    'no end of the last line': GOOD.slice(0, -1),
    'a type without help': GOOD.replace(/^.*\n/, ''),
    'an unknown type': GOOD.replace('counter', 'number'),
    'a counter without _total': GOOD.replaceAll('a_total', 'a'),
    'a gauge with _total': GOOD.replace('counter', 'gauge'),
    'a sample of another family': GOOD.replace('\na_total', '\nb_total'),
    'a sample twice': `${GOOD}a_total{x="1"} 3\n`,
    'a family twice': `${GOOD}${GOOD}`,
    'a quote in a label': GOOD.replace('"1"', '"1"2"'),
    'an unknown escape': GOOD.replace('"1"', '"\\1"'),
    'a label twice': GOOD.replace('x="1"', 'x="1",x="2"'),
    'a value that is none': GOOD.replace(' 2', ' two'),
    'a counter below zero': GOOD.replace(' 2', ' -2'),
    'an empty line': `${GOOD}\n`,
    'a histogram without +Inf': `${HISTOGRAM}h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`,
    'a histogram that falls':
      `${HISTOGRAM}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    'a histogram out of order':
      `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`,
    'a count that is another': `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`,
    'a histogram without a sum': `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_count 1\n`,
  }
  parsePrometheus(GOOD)
  parsePrometheus(`${HISTOGRAM}h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`)
  for (const [name, text] of Object.entries(bad)) {
    assert.throws(() => parsePrometheus(text), assert.AssertionError, name)
  }
})

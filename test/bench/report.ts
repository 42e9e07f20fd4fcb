import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { ROOT } from '../harness/phylum.ts'
import { CROWD_COMMANDS, HOST_NAMES, IN_FLIGHT } from './measure.ts'
import type { CrowdCommand, Effort, Host, ProcessTimes, RequestTimes, Roads } from './measure.ts'
import { ratios, summarize } from './statistics.ts'
import { CROWD } from './world.ts'

/** All that was measured. */
export interface Measured {
  processes: ProcessTimes
  requests: Record<'executable' | 'deno', RequestTimes>
  effort: Effort
}

/** How each host is called in the tables. */
const NAMES: Record<Host, string> = {
  executable: 'executable',
  bun: 'source, Bun',
  deno: 'source, Deno',
}

/** What stands between phylum and the targets, for whoever sees one missed. */
const CAUSES = [
  '## Where a target is missed',
  '',
  '- **Whole process.** The script pays for one process, phylum for two in a row: the host starts (`--version` is that alone) and',
  '  reads settings, manifest and consent before it can say what the engine may do, and lays out the wall; only then does the',
  '  engine begin with what the script began with. In it, what Deno loads for the first `fetch` is paid once more, since the',
  '  script finds it in a cache; a cache that an extension can write is none that another run may read. The wall itself takes a',
  '  millisecond to stand, and some more to be written down.',
  '- **Bun engine.** The same chain, with an engine that starts faster. Host and engine are two starts of Bun, and the target is',
  '  half of one start of Deno.',
  '- **Latency and throughput.** A request of an extension goes by way of a Unix socket to the host, which checks it, adds the',
  '  credential, sends it on, and takes the credential out of what comes back: two exchanges of HTTP in place of one. With many in',
  '  flight, three processes (extension, host, server) share the cores that two have to themselves in the direct case; on a',
  '  machine of two cores that is most of it.',
  '',
  'What would help next is an engine whose code cache is filled by the host.',
]

/** Renders BENCHMARKS.md. */
export function renderReport({ processes, requests, effort }: Measured): string {
  return [
    '# Benchmarks',
    '',
    '`npm run bench` measures phylum against the same work done without it, in turns in one run, and writes this file. The',
    'ratios are medians of pairs that were measured side by side, with the smallest and the largest; the milliseconds are',
    'medians too, and belong to one machine on one day.',
    '',
    renderMachine(effort),
    ...section(
      'Whole process',
      '`phylum ext run -y groups` against the same request by a script with the token in its hands, `deno run --allow-net ' +
        '--allow-env groups.ts`. Target: at most 1.0.',
      ['', 'ms', 'ratio to the script', 'target'],
      renderRuns(processes),
    ),
    ...section(
      'The wall',
      "The kernel's wall on against off, whole process of the executable. Target: at most 1.3, or 12 ms. The Bun engine with the wall against " +
        'the plain script. Target: at most 0.5.',
      ['', 'ms', 'against', 'ratio', 'target'],
      renderWall(processes),
    ),
    ...section(
      'Commands in a sandbox',
      '`phylum sandbox -- true` of the executable against the bare program that makes namespaces, `bwrap --unshare-all --ro-bind / / true`, ' +
        `and against \`srt true\` of \`@anthropic-ai/sandbox-runtime\` from npm (${processes.srt}). Target: at least 10 times as fast as that.`,
      ['', 'ms', 'ratio to phylum', 'target'],
      renderCommands(processes),
    ),
    ...section(
      'Requests',
      '`api.fetch` of an extension against `fetch` of a plain `deno run` with the key in its hands, the same code, to the embedded ' +
        `server. Latency: one request at a time, at most 1.5. Throughput: ${IN_FLIGHT} in flight, at least 0.8.`,
      ['', 'host', 'direct', '`api.fetch`', 'ratio', 'target'],
      renderRequests(requests, effort),
    ),
    ...section(
      'Long bodies',
      `${
        mebibytes(effort.bytes)
      } MiB as a stream, to a server that only gives and takes. No target; memory is what ` +
        'matters: bodies pass through the host in pieces.',
      ['', 'host', 'direct', '`api.fetch`', 'ratio', 'peak of the host'],
      renderBulk(requests, effort),
    ),
    ...section(
      'Installed extensions',
      `The executable with no extension installed and with ${
        CROWD.toLocaleString('en')
      }. Target: nothing measurable; what lists them, and completion, at most twice the time.`,
      ['', 'none', CROWD.toLocaleString('en'), 'ratio', 'target'],
      renderCrowd(processes),
    ),
    ...section(
      'Peak memory',
      'Of `phylum ext run -y groups`: the host, and the engine below it.',
      ['', 'host', 'engine'],
      renderPeaks(processes),
    ),
    '',
    ...CAUSES,
    '',
  ].join('\n')
}

function renderMachine({ rounds, blocks, requests }: Effort): string {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const date = new Date().toISOString().slice(0, 10)
  return `${date}: ${cpus().length} cores (${cpus()[0]?.model.trim()}), ` +
    `${
      Math.round(totalmem() / 1024 ** 3)
    } GiB, ${process.platform} ${release()}; Bun ${dependencies.bun}, ` +
    `Deno ${dependencies.deno}. ${rounds} rounds of whole processes, ${blocks} blocks of ${requests} requests.`
}

function section(
  title: string,
  about: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = headings.map((_, column) => column === 0 ? '---' : '---:')
  return ['', `## ${title}`, '', about, '', line(headings), line(rule), ...rows.map(line)]
}

function renderRuns({ run }: ProcessTimes): string[][] {
  const row = (name: string, times: number[], hasTarget: boolean) => {
    const { median } = summarize(ratios(times, run.plain))
    return [name, ms(times), spread(times, run.plain), hasTarget ? verdict(median <= 1) : '']
  }
  return [
    ...HOST_NAMES.map((host) => row(`phylum, ${NAMES[host]}`, run[host], true)),
    row('phylum, executable, `--no-wall`', run.unwalled, false),
    row('phylum, executable, Bun engine', run.bunEngine, false),
    row('plain `deno run`', run.plain, false),
    row('`deno run` of an empty file', run.empty, false),
  ]
}

function renderWall({ run }: ProcessTimes): string[][] {
  const cost = median(run.executable) - median(run.unwalled)
  const wall = median(ratios(run.executable, run.unwalled))
  const bun = median(ratios(run.bunEngine, run.plain))
  return [
    [
      'Deno engine, wall on',
      ms(run.executable),
      `${ms(run.unwalled)} off`,
      spread(run.executable, run.unwalled),
      verdict(wall <= 1.3 || cost <= 12),
    ],
    [
      'Bun engine, wall on',
      ms(run.bunEngine),
      `${ms(run.plain)} plain`,
      spread(run.bunEngine, run.plain),
      verdict(bun <= 0.5),
    ],
  ]
}

function renderCommands({ commands }: ProcessTimes): string[][] {
  const { phylum, bwrap, srt } = commands
  return [
    ['`phylum sandbox`', ms(phylum), spread(phylum, phylum), ''],
    ...(bwrap === undefined ? [] : [['`bwrap`', ms(bwrap), spread(bwrap, phylum), '']]),
    srt === undefined
      ? ['`srt`', '–', '–', 'not measured']
      : ['`srt`', ms(srt), spread(srt, phylum), verdict(median(ratios(srt, phylum)) >= 10)],
  ]
}

function renderRequests(requests: Measured['requests'], effort: Effort): string[][] {
  return Object.entries(requests).flatMap(([host, { one, many }]) => {
    const name = NAMES[host as Host]
    const each = (times: number[]) => `${(median(times) / effort.requests).toFixed(3)} ms`
    const rate = (times: number[]) => `${Math.round(effort.requests / median(times) * 1000)}/s`
    return [
      [
        'latency',
        name,
        each(one.direct),
        each(one.brokered),
        spread(one.brokered, one.direct),
        verdict(median(ratios(one.brokered, one.direct)) <= 1.5),
      ],
      [
        'throughput',
        name,
        rate(many.direct),
        rate(many.brokered),
        spread(many.direct, many.brokered),
        verdict(median(ratios(many.direct, many.brokered)) >= 0.8),
      ],
    ]
  })
}

function renderBulk(requests: Measured['requests'], { bytes }: Effort): string[][] {
  const speed = (times: number[]) => `${Math.round(mebibytes(bytes) / median(times) * 1000)} MiB/s`
  const row = (name: string, host: string, { direct, brokered }: Roads, peak: number) => [
    name,
    NAMES[host as Host],
    speed(direct),
    speed(brokered),
    spread(direct, brokered),
    `${Math.round(mebibytes(peak))} MiB`,
  ]
  return Object.entries(requests).flatMap(([host, { download, upload, bulkPeak }]) => [
    row('download', host, download, bulkPeak),
    row('upload', host, upload, bulkPeak),
  ])
}

/** Commands that have to look at each extension. */
const LISTING: ReadonlySet<CrowdCommand> = new Set(['list', 'complete'])

function renderCrowd({ crowd }: ProcessTimes): string[][] {
  return (Object.keys(CROWD_COMMANDS) as CrowdCommand[]).map((name) => {
    const { none, many } = crowd[name]
    const ratio = median(ratios(many, none))
    const line = `\`phylum ${CROWD_COMMANDS[name].join(' ')}\``
    // What two runs of one command differ by on a busy machine is no cost of the extensions.
    return [
      line,
      ms(none),
      ms(many),
      spread(many, none),
      verdict(ratio <= (LISTING.has(name) ? 2 : 1.05)),
    ]
  })
}

function renderPeaks({ peaks }: ProcessTimes): string[][] {
  const size = (bytes: number) => bytes === 0 ? '–' : `${Math.round(mebibytes(bytes))} MiB`
  return [
    ...HOST_NAMES.map((
      host,
    ) => [`phylum, ${NAMES[host]}`, size(peaks[host].own), size(peaks[host].child)]),
    ['plain `deno run`', '–', size(peaks.plain.own)],
  ]
}

function median(values: readonly number[]): number {
  return summarize(values).median
}

function ms(times: readonly number[]): string {
  return `${median(times).toFixed(1)} ms`
}

/** Writes the median of ratios, and between what they lie. */
function spread(values: readonly number[], bases: readonly number[]): string {
  const { min, median, max } = summarize(ratios(values, bases))
  return `**${median.toFixed(2)}** (${min.toFixed(2)}–${max.toFixed(2)})`
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : 'missed'
}

function mebibytes(bytes: number): number {
  return bytes / 1024 ** 2
}

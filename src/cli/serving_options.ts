import type { OptionSpec } from './option.ts'

/** Options of every command that serves the API. */
export const SERVING_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'log-format',
    value: 'FORMAT',
    summary: 'Write the log as text (default), or as json: one object a line',
  },
  {
    name: 'policy',
    value: 'FILE',
    summary: 'Judge packages by this TOML file: refused packages, versions and licences',
  },
  {
    name: 'fault',
    value: 'FAULTS',
    isRepeated: true,
    summary: 'Answer some API requests wrongly: 429:0.1:retry-after=2,slow:0.2,cut:0.1',
  },
  { name: 'fault-seed', value: 'N', summary: 'Let the same faults happen as in a run before' },
]

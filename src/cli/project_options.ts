import type { OptionSpec } from './option.ts'

/** Where the sources of a project are. */
export const REPOSITORY_OPTION: OptionSpec = {
  name: 'repository-url',
  short: 'r',
  value: 'URL',
  summary: 'Where its sources are',
}

/** Label of what is analyzed without one. */
export const DEFAULT_LABEL_OPTION: OptionSpec = {
  name: 'default-label',
  short: 'l',
  value: 'LABEL',
  summary: 'Label of what is analyzed without one',
}

import { PhylumError } from '#base'
import type { Context } from './compose.ts'

/** Answers which settings file a command may change. @throws ERR_CONFIG_WRITE with `--no-config` */
export function writableSettings({ options, paths }: Context): string {
  if (options.isConfigAllowed) return paths.settingsFile
  throw new PhylumError('ERR_CONFIG_WRITE', 'Cannot change settings: --no-config forbids it')
}

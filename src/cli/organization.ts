import { display, PhylumError, UsageError } from '#base'
import type { Context } from './compose.ts'

/** Tells for which organization a command acts: that of `--org`, or of the settings; an empty name means none. */
export async function organizationOf(context: Context): Promise<string | undefined> {
  const name = context.options.organization ?? (await context.settings()).organization
  return name === null || name === '' ? undefined : name
}

/**
 * The same, where there must be one.
 *
 * @throws ERR_CLI_ORGANIZATION
 */
export async function requireOrganization(context: Context): Promise<string> {
  const name = await organizationOf(context)
  if (name !== undefined) return name
  throw new PhylumError('ERR_CLI_ORGANIZATION', 'No organization is chosen', {
    hints: ['name one with --org ORG', 'or choose one for good: `phylum org link ORG`'],
  })
}

/** Writes the path of an organization below the API's version. */
export function organizationPath(name: string): string {
  return `/organizations/${segment(name, 'organization')}`
}

/**
 * Writes a name as one segment of a path.
 *
 * @param what what the name is of, for messages
 * @throws ERR_CLI_USAGE when no segment can hold it
 */
export function segment(name: string, what: string): string {
  if (name !== '' && !/^\.{1,2}$|[/\\]/.test(name)) return encodeURIComponent(name)
  throw new UsageError(`Cannot use ${what} "${display(name)}": this is no name of one`)
}

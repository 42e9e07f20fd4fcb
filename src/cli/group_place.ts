import type { Context } from './compose.ts'
import type { OptionSpec } from './option.ts'
import { organizationOf, organizationPath, segment } from './organization.ts'

/** Names a group: "GROUP", or "ORGANIZATION/GROUP". */
export const GROUP_OPTION: OptionSpec = {
  name: 'group',
  short: 'g',
  value: 'GROUP',
  summary: 'The group that is meant; ORG/GROUP, or with --org, for one of an organization',
}

/** Which group is meant, and where the API has it. */
export interface GroupPlace {
  /** Its name, within its organization if it has one. */
  name: string
  organization: string | undefined
  /** Its whole name, as the API writes it: "acme/blue". */
  wholeName: string
  /** Path below the API's version. */
  path: string
}

/**
 * Finds out which group a text means: one of the organization for which the command acts, if it does for any.
 *
 * @throws ERR_CLI_USAGE when it can be the name of none
 */
export async function placeGroup(context: Context, text: string): Promise<GroupPlace> {
  const slash = text.indexOf('/')
  const organization = slash === -1 ? await organizationOf(context) : text.slice(0, slash)
  const name = text.slice(slash + 1)
  const inner = `/groups/${segment(name, 'group')}`
  return organization === undefined ? { name, organization, wholeName: name, path: inner } : {
    name,
    organization,
    wholeName: `${organization}/${name}`,
    path: `${organizationPath(organization)}${inner}`,
  }
}

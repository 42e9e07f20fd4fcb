import { display, UsageError } from '#base'
import type { Given } from './command.ts'
import { textOption } from './command.ts'
import type { Context } from './compose.ts'
import { placeGroup } from './group_place.ts'
import type { GroupPlace } from './group_place.ts'
import { listAll } from './list_all.ts'
import { segment } from './organization.ts'
import { printList } from './print_list.ts'

/** A member of a group or an organization. */
export interface Member {
  email: string
  name: string
  role: string
}

/** Finds out which group `--group` means. @throws ERR_CLI_USAGE when it was not given */
export async function requireGroup(context: Context, given: Given): Promise<GroupPlace> {
  const text = textOption(given, 'group')
  if (text !== undefined) return await placeGroup(context, text)
  throw new UsageError('Option --group is missing: it says whose members are meant', {
    usage: 'phylum group member COMMAND --group GROUP',
  })
}

/** Lists members and prints them. @param path of the group or organization, below the API's version */
export async function printMembers(
  context: Context,
  given: Given,
  { path, owner }: { path: string; owner: Readonly<Record<string, unknown>> },
): Promise<void> {
  const members = await listAll(context, {
    path: `${path}/members`,
    key: 'members',
    what: 'members',
    read: readMember,
    cursorOf: ({ email }) => email,
  })
  await printList(context, given, {
    key: 'members',
    entries: members,
    headings: ['EMAIL', 'NAME', 'ROLE'],
    rows: members.map(({ email, name, role }) => [email, name, role]),
    empty: 'It has no members',
    context: owner,
  })
}

/** Does something for each of some users, in their order; one that fails ends it. */
export async function forEachUser(
  context: Context,
  { positionals }: Given,
  act: (email: string) => Promise<string>,
): Promise<void> {
  const emails = [...new Set(positionals)]
  // Looked at before the first is changed.
  for (const email of emails) segment(email, 'user')
  for (const email of emails) context.terminal.log.note(display(await act(email)))
}

function readMember(value: Readonly<Record<string, unknown>>): Member | undefined {
  // A group tells it by another name than an organization does.
  const email = value['user_email'] ?? value['email']
  if (typeof email !== 'string') return undefined
  const { name, role } = value
  return { email, name: String(name ?? ''), role: String(role ?? '') }
}

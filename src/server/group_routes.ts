import { display } from '#base'
import { createGroup } from './account.ts'
import { listPage } from './page.ts'
import { Refusal } from './refusal.ts'
import { defineRoute } from './route.ts'
import type { Call, Route } from './route.ts'
import { Group, GroupList, NewGroup, Nothing } from './schemas.ts'
import type { Group as KeptGroup, Store } from './store.ts'

/** The operations on groups. */
export const groupRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v0/groups',
    operation: 'listGroups',
    summary: 'List the groups that the caller belongs to',
    status: 200,
    isPaged: true,
    reply: GroupList,
    async answer({ store, caller, query }) {
      const { entries, more } = await listPage(
        query,
        'groups',
        (page) => store.listGroups(caller.userId, page),
      )
      return { groups: entries.map(renderGroup), ...more }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v0/groups',
    operation: 'createGroup',
    summary: 'Create a group; the caller becomes its admin',
    isRepeatable: true,
    body: NewGroup,
    status: 201,
    reply: Group,
    refusals: [409],
    async answer({ store, caller, body }) {
      return renderGroup(await createGroup(store, caller.userId, body.group_name))
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/api/v0/groups/:group',
    operation: 'deleteGroup',
    summary: 'Delete a group, for admins of it',
    status: 204,
    reply: Nothing,
    refusals: [403, 404],
    async answer(call) {
      const group = await requireGroup(call)
      requireAdmin(group, 'delete')
      await call.store.deleteGroup(group.id)
      return null
    },
  }),
]

/**
 * Finds the group that the path names.
 *
 * A group of other people and a group that does not exist give the same answer: a different one would let anybody find
 * out which groups exist by trying names.
 *
 * @throws ERR_API_NOT_FOUND when the caller is not a member
 */
export async function requireGroup({ store, caller, params }: Call): Promise<KeptGroup> {
  const { org, group: own = '' } = params
  return await findGroup(store, caller.userId, org === undefined ? own : `${org}/${own}`)
}

/**
 * Finds a group by its whole name, for somebody who may see it.
 *
 * @throws ERR_API_NOT_FOUND otherwise
 */
export async function findGroup(store: Store, userId: string, text: string): Promise<KeptGroup> {
  const name = text.normalize('NFC')
  const group = await store.findGroup(userId, name)
  if (group !== undefined) return group
  throw new Refusal(
    404,
    `Cannot find group "${display(name)}": it does not exist, or you are not a member of it`,
  )
}

/** @throws ERR_API_FORBIDDEN when the caller is not an admin of the group */
export function requireAdmin(group: KeptGroup, act: string): void {
  if (group.role === 'admin') return
  throw new Refusal(403, `Cannot ${act} group "${group.name}": only an admin of the group may`)
}

function renderGroup(group: KeptGroup) {
  return {
    created_at: new Date(group.createdAt).toISOString(),
    last_modified: new Date(group.modifiedAt).toISOString(),
    group_id: group.id,
    group_name: group.name,
    role: group.role,
  }
}

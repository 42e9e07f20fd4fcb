import { display } from '#base'
import { findCandidate } from './account.ts'
import { requireAdmin, requireGroup } from './group_routes.ts'
import { listPage } from './page.ts'
import { Refusal } from './refusal.ts'
import { defineRoute } from './route.ts'
import type { Call, Route } from './route.ts'
import { Member, MemberList, Nothing } from './schemas.ts'

/** The operations on the members of a group; a group of an organization has them below its organization, too. */
export const memberRoutes: readonly Route[] = [
  ...describeMembers('/api/v0/groups/:group/members', ''),
  ...describeMembers('/api/v0/organizations/:org/groups/:group/members', 'OrganizationGroup'),
]

/** @param where comes into the names of the operations */
function describeMembers(path: string, where: string): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path,
      operation: `list${where}Members`,
      summary: 'List the members of a group, for members of it',
      status: 200,
      isPaged: true,
      reply: MemberList,
      refusals: [404],
      async answer(call) {
        const group = await requireGroup(call)
        const { entries, more } = await listPage(
          call.query,
          'members',
          (page) => call.store.listMembers(group.id, page),
        )
        const members = entries.map(({ email, name, role }) => ({ user_email: email, name, role }))
        return { members, ...more }
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/:email`,
      operation: `add${where}Member`,
      summary: 'Add a member to a group, for admins of it',
      status: 201,
      reply: Member,
      refusals: [403, 404, 409],
      async answer(call) {
        const { store } = call
        const group = await requireGroup(call)
        requireAdmin(group, 'add a member to')
        const email = readEmail(call)
        const user = await findCandidate(store, group, email)
        if (user === undefined) {
          const state = group.organizationId === null
            ? 'no account has this email'
            : 'this is not a member of its organization'
          throw refuse(404, 'add', email, `to group "${group.name}": ${state}`)
        }
        if (!await store.addMember(group.id, user.id, 'member')) {
          throw refuse(409, 'add', email, `to group "${group.name}": this is a member already`)
        }
        return { user_email: user.email, name: user.name, role: 'member' } as const
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${path}/:email`,
      operation: `remove${where}Member`,
      summary: 'Remove a member from a group, for admins of it; every member may leave',
      status: 204,
      reply: Nothing,
      refusals: [403, 404],
      async answer(call) {
        const group = await requireGroup(call)
        const email = readEmail(call)
        const member = await call.store.findMember(group.id, email)
        if (member?.userId !== call.caller.userId) requireAdmin(group, 'remove a member from')
        const removal = member && await call.store.removeMember(group.id, member.userId)
        if (removal === 'last_admin') {
          throw refuse(
            403,
            'remove',
            email,
            `from group "${group.name}": its last admin cannot leave`,
          )
        }
        if (removal !== 'removed') {
          throw refuse(404, 'remove', email, `from group "${group.name}": this is not a member`)
        }
        return null
      },
    }),
  ]
}

function readEmail({ params }: Call): string {
  return (params['email'] ?? '').toLowerCase()
}

function refuse(status: 403 | 404 | 409, act: string, email: string, rest: string): Refusal {
  return new Refusal(status, `Cannot ${act} "${display(email)}" ${rest}`)
}

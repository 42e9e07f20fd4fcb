import { display } from '#base'
import { requireAdmin, requireGroup } from './group_routes.ts'
import { listPage } from './page.ts'
import { Refusal } from './refusal.ts'
import { defineRoute } from './route.ts'
import type { Call, Route } from './route.ts'
import { Member, MemberList, Nothing } from './schemas.ts'

/** The operations on the members of a group. */
export const memberRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v0/groups/:group/members',
    operation: 'listMembers',
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
    path: '/api/v0/groups/:group/members/:email',
    operation: 'addMember',
    summary: 'Add a member to a group, for admins of it',
    status: 201,
    reply: Member,
    refusals: [403, 404, 409],
    async answer(call) {
      const group = await requireGroup(call)
      requireAdmin(group, 'add a member to')
      const email = readEmail(call)
      const user = await call.store.findUser(email)
      if (user === undefined) {
        throw refuse(404, 'add', email, `to group "${group.name}": no account has this email`)
      }
      if (!await call.store.addMember(group.id, user.id, 'member')) {
        throw refuse(409, 'add', email, `to group "${group.name}": this is a member already`)
      }
      return { user_email: user.email, name: user.name, role: 'member' } as const
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/api/v0/groups/:group/members/:email',
    operation: 'removeMember',
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

function readEmail({ params }: Call): string {
  return (params['email'] ?? '').toLowerCase()
}

function refuse(status: 403 | 404 | 409, act: string, email: string, rest: string): Refusal {
  return new Refusal(status, `Cannot ${act} "${display(email)}" ${rest}`)
}

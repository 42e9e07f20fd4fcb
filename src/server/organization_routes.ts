import { display } from '#base'
import { requireAdmin, requireGroup } from './group_routes.ts'
import { parseGroupName, parseOrganizationName } from './names.ts'
import { listPage } from './page.ts'
import { Refusal } from './refusal.ts'
import { defineRoute } from './route.ts'
import type { Call, Route } from './route.ts'
import {
  NewOrganization,
  NewOrganizationMember,
  Nothing,
  Organization,
  OrganizationGroup,
  OrganizationGroupList,
  OrganizationList,
  OrganizationMember,
  OrganizationMemberList,
} from './schemas.ts'
import type { Organization as KeptOrganization } from './store.ts'

const PATH = '/api/v0/organizations'

/** The operations on organizations, their members and their groups. */
export const organizationRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: PATH,
    operation: 'listOrganizations',
    summary: 'List the organizations that the caller belongs to',
    status: 200,
    isPaged: true,
    reply: OrganizationList,
    async answer({ store, caller, query }) {
      const { entries, more } = await listPage(
        query,
        'organizations',
        (page) => store.listOrganizations(caller.userId, page),
      )
      return { organizations: entries.map(render), ...more }
    },
  }),
  defineRoute({
    method: 'POST',
    path: PATH,
    operation: 'createOrganization',
    summary: 'Create an organization; the caller becomes its admin',
    isRepeatable: true,
    body: NewOrganization,
    status: 201,
    reply: Organization,
    refusals: [409],
    async answer({ store, caller, body }) {
      const name = parseOrganizationName(body.name)
      const organization = await store.createOrganization(caller.userId, name)
      if (organization !== undefined) return render(organization)
      throw new Refusal(409, `Cannot create organization "${name}": it exists already`)
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: `${PATH}/:org`,
    operation: 'deleteOrganization',
    summary: 'Delete an organization with its groups and their projects, for admins of it',
    status: 204,
    reply: Nothing,
    refusals: [403, 404],
    async answer(call) {
      const organization = await requireOrganization(call)
      requireOrganizationAdmin(organization, 'delete')
      await call.store.deleteOrganization(organization.id)
      return null
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${PATH}/:org/members`,
    operation: 'listOrganizationMembers',
    summary: 'List the members of an organization, for members of it',
    status: 200,
    isPaged: true,
    reply: OrganizationMemberList,
    refusals: [404],
    async answer(call) {
      const organization = await requireOrganization(call)
      const { entries, more } = await listPage(
        call.query,
        'members',
        (page) => call.store.listOrganizationMembers(organization.id, page),
      )
      return { members: entries.map(({ email, name, role }) => ({ email, name, role })), ...more }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${PATH}/:org/members`,
    operation: 'addOrganizationMember',
    summary: 'Add a member to an organization, for admins of it',
    body: NewOrganizationMember,
    status: 201,
    reply: OrganizationMember,
    refusals: [403, 404, 409],
    async answer(call) {
      const organization = await requireOrganization(call)
      requireOrganizationAdmin(organization, 'add a member to')
      const email = call.body.email.toLowerCase()
      const user = await call.store.findUser(email)
      const refuse = (status: 404 | 409, state: string) =>
        refuseMember(status, 'add', email, `to organization "${organization.name}": ${state}`)
      if (user === undefined) throw refuse(404, 'no account has this email')
      if (!await call.store.addOrganizationMember(organization.id, user.id, 'member')) {
        throw refuse(409, 'this is a member already')
      }
      return { email: user.email, name: user.name, role: 'member' } as const
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: `${PATH}/:org/members/:email`,
    operation: 'removeOrganizationMember',
    summary: 'Remove a member from an organization and all its groups, for admins of it; ' +
      'every member may leave',
    status: 204,
    reply: Nothing,
    refusals: [403, 404],
    async answer(call) {
      const organization = await requireOrganization(call)
      const email = (call.params['email'] ?? '').toLowerCase()
      const member = await call.store.findOrganizationMember(organization.id, email)
      if (member?.userId !== call.caller.userId) {
        requireOrganizationAdmin(organization, 'remove a member from')
      }
      const removal = member &&
        await call.store.removeOrganizationMember(organization.id, member.userId)
      const refuse = (status: 403 | 404, state: string) =>
        refuseMember(status, 'remove', email, `from organization "${organization.name}": ${state}`)
      if (removal === 'last_admin') throw refuse(403, 'its last admin cannot leave')
      if (removal !== 'removed') throw refuse(404, 'this is not a member')
      return null
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${PATH}/:org/groups`,
    operation: 'listOrganizationGroups',
    summary: 'List the groups of an organization: the caller’s own, and all for admins of it',
    status: 200,
    isPaged: true,
    reply: OrganizationGroupList,
    refusals: [404],
    async answer(call) {
      const { id, name } = await requireOrganization(call)
      const { entries, more } = await listPage(
        call.query,
        'groups',
        ({ limit, after }) =>
          call.store.listOrganizationGroups(call.caller.userId, id, {
            limit,
            ...(after === undefined ? {} : { after: `${name}/${after}` }),
          }),
      )
      return {
        groups: entries.map((group) => ({ name: group.name.slice(name.length + 1) })),
        ...more,
      }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${PATH}/:org/groups`,
    operation: 'createOrganizationGroup',
    summary: 'Create a group of an organization, for members of it; the caller becomes its admin',
    isRepeatable: true,
    body: OrganizationGroup,
    status: 201,
    reply: OrganizationGroup,
    refusals: [404, 409],
    async answer(call) {
      const organization = await requireOrganization(call)
      const name = parseGroupName(call.body.name)
      const whole = `${organization.name}/${name}`
      const group = await call.store.createGroup(call.caller.userId, whole, organization.id)
      if (group !== undefined) return { name }
      throw new Refusal(409, `Cannot create group "${whole}": it exists already`)
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: `${PATH}/:org/groups/:group`,
    operation: 'deleteOrganizationGroup',
    summary: 'Delete a group of an organization, for admins of either',
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

/** As of groups, an organization of other people and none at all give the same answer. */
async function requireOrganization({ store, caller, params }: Call): Promise<KeptOrganization> {
  return await findOrganization(store, caller.userId, params['org'] ?? '')
}

/**
 * Finds an organization by its name, for somebody who may see it.
 *
 * @throws ERR_API_NOT_FOUND otherwise
 */
export async function findOrganization(
  store: Call['store'],
  userId: string,
  text: string,
): Promise<KeptOrganization> {
  const name = text.normalize('NFC')
  const organization = await store.findOrganization(userId, name)
  if (organization !== undefined) return organization
  throw new Refusal(
    404,
    `Cannot find organization "${display(name)}": it does not exist, or you are not a member of it`,
  )
}

function requireOrganizationAdmin({ name, role }: KeptOrganization, act: string): void {
  if (role === 'admin') return
  throw new Refusal(403, `Cannot ${act} organization "${name}": only an admin of it may`)
}

function refuseMember(
  status: 403 | 404 | 409,
  act: string,
  email: string,
  rest: string,
): Refusal {
  return new Refusal(status, `Cannot ${act} "${display(email)}" ${rest}`)
}

function render({ name, role, createdAt }: KeptOrganization) {
  return { name, role, created_at: new Date(createdAt).toISOString() }
}

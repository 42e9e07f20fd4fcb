import { isPhylumError } from '#base'
import { createGroup, findCandidate } from '../account.ts'
import { checkGroupName } from '../names.ts'
import { Refusal } from '../refusal.ts'
import type { Group, Member } from '../store.ts'
import type { Page } from '../store/page.ts'
import { renderConfirmPage } from './confirm_page.ts'
import { explainFault } from './explain_fault.ts'
import { EMPTY } from './field.ts'
import type { Filled } from './field.ts'
import { renderGroupPage } from './group_page.ts'
import { groupPath, renderGroupsPage } from './groups_page.ts'
import { takeListing } from './listing.ts'
import { markup } from './markup.ts'
import { noticeCookie } from './notice.ts'
import type { Answer, PageAnswer } from './response.ts'
import { page } from './ui_route.ts'
import type { SignedInCall, UiRoute } from './ui_route.ts'

/** Groups and their members. */
export const groupRoutes: readonly UiRoute[] = [
  page('GET', '/groups', (call) => showGroups(call, EMPTY)),
  page('POST', '/groups', async (call) => {
    const { options: { store }, session, form } = call
    const name = form.line('name')
    const refuse = (error: string) =>
      showGroups(call, { values: { name }, errors: { name: error } }, 422)
    const fault = explainFault(checkGroupName(name))
    if (fault !== undefined) return await refuse(fault)
    try {
      const group = await createGroup(store, session.user.id, name)
      return { to: groupPath(group.name), cookies: [noticeCookie('group_created')] }
    } catch (error) {
      if (!isPhylumError(error, 'ERR_API_EXISTS')) throw error
      return await refuse('A group of this name exists already.')
    }
  }),
  page('GET', '/groups/:group', async (call) => showGroup(call, await findGroup(call), EMPTY)),
  page('POST', '/groups/:group/members', async (call) => {
    const { options: { store }, form } = call
    const group = await findGroup(call, 'admin')
    const email = form.line('email')
    const refuse = (error: string) =>
      showGroup(call, group, { values: { email }, errors: { email: error } }, 422)
    const user = await findCandidate(store, group, email.toLowerCase())
    if (user === undefined) {
      return await refuse(
        group.organizationId === null
          ? 'No account on this server has this email.'
          : 'No member of its organization has this email.',
      )
    }
    if (!await store.addMember(group.id, user.id, 'member')) {
      return await refuse('This is a member already.')
    }
    return { to: groupPath(group.name), cookies: [noticeCookie('member_added')] }
  }),
  page('GET', '/groups/:group/delete', async (call) => {
    return { page: await confirmDelete(call, await findGroup(call, 'admin'), EMPTY) }
  }),
  page('POST', '/groups/:group/delete', async (call) => {
    const { options: { store }, form } = call
    const group = await findGroup(call, 'admin')
    const confirmation = form.line('confirmation')
    if (confirmation.normalize('NFC') !== group.name) {
      const errors = { confirmation: 'This is not the name of the group.' }
      const filled = { values: { confirmation }, errors }
      return { status: 422, page: await confirmDelete(call, group, filled) }
    }
    await store.deleteGroup(group.id)
    return { to: '/groups', cookies: [noticeCookie('group_deleted')] }
  }),
  page('GET', '/groups/:group/remove', async (call) => {
    const group = await findGroup(call)
    const email = call.url.searchParams.get('member') ?? ''
    return { page: confirmRemove(call, group, await findMember(call, group, email)) }
  }),
  page('POST', '/groups/:group/remove', async (call) => {
    const group = await findGroup(call)
    return await remove(call, group, await findMember(call, group, call.form.text('member')))
  }),
]

async function remove(call: SignedInCall, group: Group, member: Member): Promise<Answer> {
  const { options: { store }, session } = call
  const removal = await store.removeMember(group.id, member.userId)
  if (removal === 'last_admin') {
    const errors = {
      '': 'A group needs an admin, and this is its last one. Delete the group instead.',
    }
    return { status: 422, page: confirmRemove(call, group, member, { values: {}, errors }) }
  }
  return member.userId === session.user.id
    ? { to: '/groups', cookies: [noticeCookie('group_left')] }
    : { to: groupPath(group.name), cookies: [noticeCookie('member_removed')] }
}

/**
 * Finds the group that the path names. A group of other people is as one that does not exist.
 *
 * @param role what the caller must be in it
 */
async function findGroup(
  { options: { store }, session, params }: SignedInCall,
  role?: 'admin',
): Promise<Group> {
  const group = await store.findGroup(session.user.id, (params['group'] ?? '').normalize('NFC'))
  if (group === undefined) {
    throw new Refusal(404, 'Cannot find the group: it does not exist, or you are not a member')
  }
  if (role === 'admin' && group.role !== 'admin') {
    throw new Refusal(403, `Cannot change group "${group.name}": only an admin of the group may`)
  }
  return group
}

/** Finds a member whom the caller may remove: anybody as an admin, oneself as a member. */
async function findMember(
  { options: { store }, session }: SignedInCall,
  group: Group,
  email: string,
): Promise<Member> {
  const member = await store.findMember(group.id, email.toLowerCase())
  if (member === undefined) throw new Refusal(404, 'Cannot find the member: nobody has this email')
  if (group.role !== 'admin' && member.userId !== session.user.id) {
    throw new Refusal(403, `Cannot change group "${group.name}": only an admin of the group may`)
  }
  return member
}

async function showGroups(
  { options: { store }, session, viewer, notice, url }: SignedInCall,
  form: Filled<'name'>,
  status = 200,
): Promise<PageAnswer> {
  const list = (page: Page) => store.listGroups(session.user.id, page)
  const groups = await takeListing(url, list, ({ name }) => name)
  return { status, page: renderGroupsPage({ viewer, groups, form, notice }) }
}

async function showGroup(
  { options: { store }, viewer, notice, url }: SignedInCall,
  group: Group,
  form: Filled<'email'>,
  status = 200,
): Promise<PageAnswer> {
  const list = (page: Page) => store.listMembers(group.id, page)
  const members = await takeListing(url, list, ({ email }) => email)
  return { status, page: renderGroupPage({ viewer, group, members, form, notice }) }
}

/** Members that are counted, at most, before a group is deleted. */
const MANY = 1000

async function confirmDelete(
  { options: { store }, viewer, session }: SignedInCall,
  group: Group,
  form: Filled<'confirmation'>,
) {
  const { length } = await store.listMembers(group.id, { limit: MANY })
  const [project] = await store.listProjects(session.user.id, { group: group.name }, { limit: 1 })
  const loss = project === undefined ? '' : ' Its projects go with it.'
  const path = groupPath(group.name)
  return renderConfirmPage({
    viewer,
    current: 'groups',
    title: 'Delete this group?',
    text: length === 1
      ? markup`You are its only member.${loss} This cannot be undone.`
      : markup`It is gone for all of its ${
        length < MANY ? `${length} ` : ''
      }members.${loss} This cannot be undone.`,
    subjects: [group],
    action: `${path}/delete`,
    typed: group.name,
    form,
    act: 'Delete group',
    back: path,
  })
}

function confirmRemove(
  { viewer, session }: SignedInCall,
  group: Group,
  member: Member,
  form: Filled<'confirmation'> = EMPTY,
) {
  const path = groupPath(group.name)
  const isSelf = member.userId === session.user.id
  return renderConfirmPage({
    viewer,
    current: 'groups',
    title: isSelf ? 'Leave this group?' : `Remove ${member.name}?`,
    text: isSelf
      ? markup`You will not see it any more, until an admin adds you again.`
      : markup`<bdi>${member.email}</bdi> will not see this group any more.`,
    subjects: [group],
    action: `${path}/remove`,
    hidden: [['member', member.email]],
    form,
    act: isSelf ? 'Leave' : 'Remove',
    back: path,
  })
}

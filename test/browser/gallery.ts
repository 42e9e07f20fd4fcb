import { renderAccountPage } from '../../src/server/ui/account_page.ts'
import { renderConfirmPage } from '../../src/server/ui/confirm_page.ts'
import { renderConsentPage } from '../../src/server/ui/consent_page.ts'
import { renderDevicePage } from '../../src/server/ui/device_page.ts'
import { EMPTY } from '../../src/server/ui/field.ts'
import { renderGroupPage } from '../../src/server/ui/group_page.ts'
import { renderGroupsPage } from '../../src/server/ui/groups_page.ts'
import { markup } from '../../src/server/ui/markup.ts'
import type { Markup, Viewer } from '../../src/server/ui/markup.ts'
import { renderMessagePage } from '../../src/server/ui/message_page.ts'
import { renderSignInPage, renderSignUpPage } from '../../src/server/ui/sign_in_page.ts'
import { renderTokenPage } from '../../src/server/ui/token_page.ts'
import { renderTokensPage } from '../../src/server/ui/tokens_page.ts'
import type { TokensView } from '../../src/server/ui/tokens_page.ts'
import { evaluate } from '../../src/server/policy/evaluate.ts'
import { EMPTY_POLICY } from '../../src/server/policy/policy.ts'
import type { Policy } from '../../src/server/policy/policy.ts'
import type { Project } from '../../src/server/store.ts'
import { renderJobPage } from '../../src/server/ui/job_page.ts'
import { renderProjectPage } from '../../src/server/ui/project_page.ts'
import { renderProjectsPage } from '../../src/server/ui/projects_page.ts'

const NOW = Date.parse('2026-11-26T15:04:00.000Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR

const viewer: Viewer = { name: 'Ann Lovelace', email: 'ann@example.org', csrf: 'proof' }
const form = EMPTY

const tokens = [
  ['laptop', 212, 0.003, null],
  ['nightly build', 64, 0.4, 26],
  ['phylum-cli-7c1d4e0a-2f6b-4d3e-9a51-0c8e2f7b6a90', 31, 3, null],
  ['grafana', 23, null, 5],
  ['conference demo', 120, 34, -2],
].map(([name, created, used, left], index) => ({
  id: `7d7a${index}f5c-1c3e-4a43-9a55-6d1f0e9b3a1${index}`,
  name: name as string,
  createdAt: NOW - (created as number) * DAY,
  usedAt: used === null ? null : NOW - (used as number) * DAY,
  expiresAt: left === null ? null : NOW + (left as number) * DAY,
}))

const tokensView: TokensView = {
  viewer,
  tokens,
  form,
  now: NOW,
  dates: { first: '2026-11-27', last: '2036-11-23' },
}

const groups = [
  ['acme', 'admin', 310],
  ['weekend', 'member', 12],
  ['taxonomy', 'admin', 88],
  ['Frühschoppen e.V.', 'member', 401],
  ['supply chain', 'member', 3],
].map(([name, role, created], index) => ({
  id: `11b5${index}0ce-c3be-4b7c-8d59-2f9c1e7a0d4${index}`,
  name: name as string,
  role: role as 'admin' | 'member',
  createdAt: NOW - (created as number) * DAY,
}))

const projects: Project[] = [
  ['web', 'acme', 'npm,pypi', 3],
  ['github.com/acme/a-repository-with-a-long-name', 'acme/supply chain', 'golang', 12],
  ['scratch', null, null, null],
].map(([name, groupName, ecosystems, analyzed], index) => ({
  id: `3c5e${index}0ce-c3be-4b7c-8d59-2f9c1e7a0d4${index}`,
  name: name as string,
  groupName: groupName as string | null,
  organizationName: null,
  ecosystems: ecosystems as string | null,
  repositoryUrl: 'https://github.com/acme/web',
  defaultLabel: null,
  createdAt: NOW - 40 * DAY,
  modifiedAt: NOW - 4 * DAY,
  role: 'admin',
  latestJobId: null,
  latestJobAt: analyzed === null ? null : NOW - (analyzed as number) * DAY,
  latestLabel: null,
}))

const jobs = ['main', 'pull-request-17', 'uncategorized'].map((label, index) => ({
  id: `9a1e${index}0ce-c3be-4b7c-8d59-2f9c1e7a0d4${index}`,
  label,
  createdAt: NOW - index * DAY,
}))

const job = { ...jobs[0]!, projectId: projects[0]!.id, packages: '[]' }

const packages = [['npm', 'event-stream', '3.3.6'], ['npm', '@acme/left-pad', '1.3.0']].map(
  ([registry, name, version]) => ({
    registry: registry as 'npm',
    name: name!,
    version: version!,
    license: null,
    lockfile: null,
  }),
)

const policy: Policy = {
  ...EMPTY_POLICY,
  packages: ['event-stream', '@acme/*'].map((name, index) => ({
    name,
    registry: undefined,
    versions: undefined,
    range: undefined,
    tag: `packages[${index}]`,
    line: index * 6 + 1,
    severity: 'critical',
    domain: 'malicious_code',
    reason: 'It took what was in the wallets of those who used it',
  })),
}

const members = [
  { email: 'ann@example.org', name: 'Ann Lovelace', role: 'admin' },
  { email: 'carl.linne@example.org', name: 'Carl von Linné', role: 'member' },
  { email: 'sibylla@example.org', name: 'Maria Sibylla Merian', role: 'member' },
] as const

const all = <Row>(rows: readonly Row[]) => ({ rows, next: undefined })

const sign = { visitor: { csrf: 'proof' }, form, action: '/sign-in', other: '/sign-up' }

const signUp = { ...sign, action: '/sign-up', other: '/sign-in', minimum: 12 }

const consent = {
  viewer,
  app: 'phylum, the command-line tool',
  holds: 'key',
  scopes: ['openid', 'offline_access'],
  action: '/interaction/1',
  switchTo: '/sign-in',
} as const

const confirm = { viewer, current: 'tokens', action: '/tokens/revoke', form } as const

/** Every page of the web UI with data as people have it, by name. */
export const GALLERY: Readonly<Record<string, Markup>> = {
  sign_in: renderSignInPage(sign),
  sign_in_for_app: renderSignInPage({ ...sign, app: 'phylum, the command-line tool' }),
  sign_in_error: renderSignInPage({
    ...sign,
    form: {
      values: { email: 'ann@example.org' },
      errors: { '': 'Email and password do not belong together.' },
    },
  }),
  sign_up: renderSignUpPage(signUp),
  sign_up_error: renderSignUpPage({
    ...signUp,
    form: {
      values: { email: 'ann', name: 'Ann Lovelace' },
      errors: {
        email: 'This is not an email address.',
        password: 'It has 5 characters, and needs at least 12.',
      },
    },
  }),
  tokens: renderTokensPage(tokensView),
  tokens_empty: renderTokensPage({ ...tokensView, tokens: [] }),
  tokens_error: renderTokensPage({
    ...tokensView,
    form: {
      values: { name: 'laptop', expiry: 'date', date: '2020-01-01' },
      errors: { name: 'You have a token of this name.', date: 'This day is over.' },
    },
  }),
  tokens_created: renderTokensPage({
    ...tokensView,
    created: {
      id: tokens[1]!.id,
      name: 'nightly build',
      value: 'ph0_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
      expiresAt: NOW + 30 * DAY,
      apiUrl: 'http://127.0.0.1:8476',
    },
  }),
  tokens_revoked: renderTokensPage({ ...tokensView, notice: 'Token revoked.' }),
  token: renderTokenPage({
    viewer,
    token: tokens[1]!,
    uses: [
      { at: NOW - 0.4 * DAY, method: 'GET', path: '/api/v0/groups', status: 200 },
      { at: NOW - 0.41 * DAY, method: 'POST', path: '/api/v0/groups', status: 201 },
      {
        at: NOW - 1.4 * DAY,
        method: 'DELETE',
        path: '/api/v0/groups/acme/members/carl.linne@example.org',
        status: 403,
      },
      { at: NOW - 2.4 * DAY, method: 'GET', path: '/api/v0/groups', status: 200 },
    ],
    apiUrl: 'http://127.0.0.1:8476',
    now: NOW,
  }),
  token_unused: renderTokenPage({
    viewer,
    token: tokens[3]!,
    uses: [],
    apiUrl: 'http://127.0.0.1:8476',
    now: NOW,
  }),
  revoke: renderConfirmPage({
    ...confirm,
    title: 'Revoke 2 tokens?',
    text: markup`What uses them will stop working at once. This cannot be undone.`,
    subjects: tokens.slice(0, 2),
    act: 'Revoke',
    back: '/tokens',
  }),
  groups: renderGroupsPage({ viewer, groups: all(groups), form }),
  groups_empty: renderGroupsPage({ viewer, groups: all([]), form }),
  groups_error: renderGroupsPage({
    viewer,
    groups: { rows: groups, next: 'supply chain' },
    form: { values: { name: 'acme' }, errors: { name: 'A group of this name exists already.' } },
  }),
  group: renderGroupPage({
    viewer,
    group: groups[0]!,
    members: all(members),
    form,
    notice: 'Member added.',
  }),
  group_as_member: renderGroupPage({ viewer, group: groups[1]!, members: all(members), form }),
  delete_group: renderConfirmPage({
    ...confirm,
    current: 'groups',
    title: 'Delete this group?',
    text: markup`It is gone for all of its 3 members. This cannot be undone.`,
    subjects: [groups[0]!],
    typed: 'acme',
    act: 'Delete group',
    back: '/groups/acme',
  }),
  projects: renderProjectsPage({ viewer, projects: all(projects) }),
  projects_empty: renderProjectsPage({ viewer, projects: all([]) }),
  project: renderProjectPage({ viewer, project: projects[0]!, jobs }),
  project_empty: renderProjectPage({ viewer, project: projects[2]!, jobs: [] }),
  job: renderJobPage({
    viewer,
    project: projects[0]!,
    job,
    dependencies: evaluate(policy, packages),
  }),
  job_passed: renderJobPage({ viewer, project: projects[0]!, job, dependencies: [] }),
  account: renderAccountPage({
    viewer,
    sessions: [
      { createdAt: NOW - 2 * HOUR, usedAt: NOW, expiresAt: NOW + 13 * DAY, isCurrent: true },
      {
        createdAt: NOW - 6 * DAY,
        usedAt: NOW - 2 * DAY,
        expiresAt: NOW + 8 * DAY,
        isCurrent: false,
      },
    ],
    now: NOW,
  }),
  consent: renderConsentPage({ ...consent, destination: 'http://127.0.0.1:41873' }),
  consent_for_device: renderConsentPage({
    ...consent,
    holds: 'tokens',
    userCode: 'WDJB-MJHT',
    action: '/device',
  }),
  device: renderDevicePage({ viewer, form }),
  device_error: renderDevicePage({
    viewer,
    form: {
      values: { user_code: 'WDJB-MJHX' },
      errors: {
        user_code: 'No device waits for this code. It may have run out: start again there.',
      },
    },
  }),
  device_done: renderMessagePage({
    viewer,
    title: 'Your device is connected',
    text: 'Go on there. You can close this page.',
  }),
  not_found: renderMessagePage({
    viewer,
    status: 404,
    title: 'There is no such page',
    text: 'It may have been deleted, or the address has a slip in it.',
    next: { href: '/', text: 'Go to the start' },
  }),
  unavailable: renderMessagePage({
    status: 503,
    title: 'The database does not answer',
    text: 'Nothing is lost. Try again in a moment.',
    next: { href: '/', text: 'Try again' },
  }),
}

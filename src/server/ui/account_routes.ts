import { renderAccountPage } from './account_page.ts'
import { page } from './ui_route.ts'
import type { UiRoute } from './ui_route.ts'

/** One's own account. */
export const accountRoutes: readonly UiRoute[] = [
  page('GET', '/account', async ({ options: { store, clock }, session, viewer, notice }) => {
    const own = Buffer.from(session.hash)
    const sessions = (await store.listSessions(session.user.id)).map((each) => ({
      ...each,
      isCurrent: own.equals(each.hash),
    }))
    return { page: renderAccountPage({ viewer, sessions, now: clock.now(), notice }) }
  }),
]

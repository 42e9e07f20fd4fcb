import { evaluate } from '../policy/evaluate.ts'
import { Refusal } from '../refusal.ts'
import type { Project } from '../store.ts'
import type { Page } from '../store/page.ts'
import { renderJobPage } from './job_page.ts'
import { takeListing } from './listing.ts'
import { renderProjectPage } from './project_page.ts'
import { renderProjectsPage } from './projects_page.ts'
import { page } from './ui_route.ts'
import type { SignedInCall, UiRoute } from './ui_route.ts'

/** Projects and what was analyzed for them, to look at; programs change them. */
export const projectRoutes: readonly UiRoute[] = [
  page('GET', '/projects', async ({ options: { store }, session, viewer, url }) => {
    const list = (page: Page) => store.listProjects(session.user.id, {}, page)
    const projects = await takeListing(url, list, ({ id }) => id)
    return { page: renderProjectsPage({ viewer, projects }) }
  }),
  page('GET', '/projects/:project', async (call) => {
    const { options: { store }, viewer, params } = call
    const project = await findProject(call, params['project'] ?? '')
    const jobs = await store.listJobs(project.id)
    return { page: renderProjectPage({ viewer, project, jobs }) }
  }),
  page('GET', '/jobs/:job', async (call) => {
    const { options: { store, policy }, viewer, params } = call
    const job = await store.findJob(params['job'] ?? '')
    // As one that does not exist, where its project is not to be seen.
    const project = await findProject(call, job?.projectId ?? '')
    const dependencies = evaluate(policy, JSON.parse(job?.packages ?? '[]'))
    return { page: renderJobPage({ viewer, project, job: job!, dependencies }) }
  }),
]

async function findProject(
  { options: { store }, session }: SignedInCall,
  id: string,
): Promise<Project> {
  const project = await store.findProject(session.user.id, id)
  if (project !== undefined) return project
  throw new Refusal(404, 'Cannot find the project: it does not exist, or you may not see it')
}

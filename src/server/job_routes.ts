import { display } from '#base'
import { MAX_PACKAGES_BODY } from './limits.ts'
import { evaluate, isRejected, licenseOf } from './policy/evaluate.ts'
import type { Dependency } from './policy/evaluate.ts'
import { ecosystemsOf, readPackage } from './policy/package.ts'
import type { Package } from './policy/package.ts'
import { renderPurl } from './policy/purl.ts'
import { renderOutput, renderReport } from './policy/render_report.ts'
import { findProject, wholeGroupName } from './project_routes.ts'
import { Refusal } from './refusal.ts'
import { defineRoute } from './route.ts'
import type { Call, Route } from './route.ts'
import { Evaluation, EvaluationRequest, Job, JobId, NewJob, RawEvaluation } from './schemas.ts'
import type { Job as KeptJob, Project } from './store.ts'

const PATH = '/api/v0/data/jobs'

/** Label of a job when neither its sender nor its project has one. */
const DEFAULT_LABEL = 'uncategorized'

/** The operations on jobs. What a policy says is found out when it is asked for, so that a new policy is heard at once. */
export const jobRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: PATH,
    operation: 'submitJob',
    summary: 'Send packages to be analyzed for a project',
    isRepeatable: true,
    body: NewJob,
    maxBody: MAX_PACKAGES_BODY,
    status: 201,
    reply: JobId,
    refusals: [404],
    async answer({ store, caller: { userId }, body }) {
      const packages = body.packages.map((sent, index) => readPackage(sent, `packages[${index}]`))
      const project = await findProject(store, userId, body.project)
      const group = wholeGroupName(body)?.normalize('NFC')
      if (group !== undefined && group !== project.groupName) {
        const [name, shown] = [display(project.name), display(group)]
        throw new Refusal(404, `Cannot find project "${name}" in group "${shown}": it is not there`)
      }
      const job_id = await store.createJob({
        projectId: project.id,
        userId,
        label: body.label ?? project.defaultLabel ?? DEFAULT_LABEL,
        packages: JSON.stringify(packages),
        ecosystems: ecosystemsOf(packages).join(','),
      })
      return { job_id }
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${PATH}/:job`,
    operation: 'readJob',
    summary: 'Tell what a job is, and whether the policy refuses something of it',
    status: 200,
    reply: Job,
    refusals: [404],
    async answer(call) {
      const { job, project, packages } = await requireJob(call)
      return {
        job_id: job.id,
        status: 'complete' as const,
        created_at: new Date(job.createdAt).toISOString(),
        project: project.id,
        project_name: project.name,
        group_name: project.groupName,
        label: job.label,
        pass: !evaluate(call.policy, packages).some(isRejected),
        num_incomplete: 0,
        ecosystems: ecosystemsOf(packages),
        packages: packages.map((one) => ({
          registry: one.registry,
          name: one.name,
          version: one.version,
          purl: renderPurl(one),
          license: licenseOf(call.policy, one),
          lockfile: one.lockfile,
        })),
      }
    },
  }),
  // Older clients ask at the job itself.
  describeEvaluation(`${PATH}/:job`, 'evaluateJobInPlace'),
  describeEvaluation(`${PATH}/:job/policy/evaluate`, 'evaluateJob'),
  defineRoute({
    method: 'POST',
    path: `${PATH}/:job/policy/evaluate/raw`,
    operation: 'evaluateJobRaw',
    summary: 'Tell what the policy says about a job, package by package',
    body: EvaluationRequest,
    maxBody: MAX_PACKAGES_BODY,
    status: 200,
    reply: RawEvaluation,
    refusals: [404],
    answer: async (call) =>
      renderRaw(await judgeJob(call), `${call.origin}/jobs/${call.params['job']?.toLowerCase()}`),
  }),
]

function describeEvaluation(path: string, operation: string): Route {
  return defineRoute({
    method: 'POST',
    path,
    operation,
    summary: 'Tell what the policy says about a job, in words',
    body: EvaluationRequest,
    maxBody: MAX_PACKAGES_BODY,
    status: 200,
    reply: Evaluation,
    refusals: [404],
    answer: async (call) => renderEvaluation(await judgeJob(call)),
  })
}

/** Writes what the policy says, in words. */
export function renderEvaluation(dependencies: readonly Dependency[]) {
  return {
    is_failure: dependencies.some(isRejected),
    incomplete_count: 0,
    output: renderOutput(dependencies),
    report: renderReport(dependencies),
  }
}

/** Writes what the policy says, package by package. @param jobLink the page of the job, if it is about one */
export function renderRaw(dependencies: readonly Dependency[], jobLink: string | null = null) {
  return {
    is_failure: dependencies.some(isRejected),
    incomplete_packages_count: 0,
    help: 'Each rejection names the rule of the server’s policy that it comes from, by its place.',
    dependencies: [...dependencies],
    job_link: jobLink,
  }
}

type Ignored = { ignored_packages?: { name: string; version: string }[] }

async function judgeJob(call: Call<Ignored>): Promise<Dependency[]> {
  const ignored = (call.body.ignored_packages ?? [])
    .map((sent, index) => readPackage(sent, `ignored_packages[${index}]`))
  const { packages } = await requireJob(call)
  return evaluate(call.policy, packages, ignored)
}

/** Finds the job that the path names, and its project, where the caller may see that. */
async function requireJob(
  { store, caller, params }: Call,
): Promise<{ job: KeptJob; project: Project; packages: Package[] }> {
  const id = (params['job'] ?? '').toLowerCase()
  const job = await store.findJob(id)
  const project = job && await store.findProject(caller.userId, job.projectId)
  if (job !== undefined && project !== undefined) {
    return { job, project, packages: JSON.parse(job.packages) }
  }
  throw new Refusal(
    404,
    `Cannot find job "${display(id, 60)}": it does not exist, or you may not see it`,
  )
}

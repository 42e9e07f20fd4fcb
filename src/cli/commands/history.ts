import { display, PhylumError } from '#base'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { GROUP_OPTION } from '../group_place.ts'
import { segment } from '../organization.ts'
import { JSON_OPTION, printJson, printList } from '../print_list.ts'
import { chooseProject, PROJECT_OPTION } from '../project_choice.ts'

/** `phylum history` */
export const history: Command = {
  name: 'history',
  summary: 'List what was analyzed for a project, or show what the policy makes of one job',
  usage: '[JOB]',
  positionals: { min: 0, max: 1 },
  options: [PROJECT_OPTION, GROUP_OPTION, JSON_OPTION],
  examples: [
    ['phylum history', 'the last jobs of the project of this directory; exit code 15 without one'],
    ['phylum history --project web --group acme --json', 'of another one, for programs'],
    [
      'phylum history ce33a8ca-02b1-4f7c-8c2b-1a1d3c5f4f10',
      'one job; exit code 100 where the policy refuses something',
    ],
  ],
  async run(context, given) {
    const [job] = given.positionals
    if (job !== undefined) return await showJob(context, job, hasOption(given, 'json'))
    const project = await chooseProject(context, given)
    const path = `/data/projects/${segment(project, 'project')}/history`
    const jobs = readJobs(await (await context.apiClient()).call('GET', path))
    if (jobs.length === 0) {
      throw new PhylumError('ERR_API_NO_HISTORY', 'Nothing was analyzed for the project yet', {
        hints: ['an extension does that: `Phylum.analyze()`'],
      })
    }
    await printList(context, given, {
      key: 'jobs',
      entries: jobs,
      headings: ['JOB', 'LABEL', 'CREATED'],
      rows: jobs.map(({ id, label, created }) => [id, label ?? '', created]),
      empty: '',
      context: { project },
    })
    return 0
  },
}

/** What is told to who asks for a job whose packages the policy refuses. */
const REFUSED = 100

async function showJob(context: Context, id: string, isJson: boolean): Promise<number> {
  const client = await context.apiClient()
  const path = `/data/jobs/${segment(id, 'job')}/policy/evaluate`
  const answer = await client.call('POST', path, { ignored_packages: [] })
  const { is_failure, incomplete_count, output, report } = (answer ?? {}) as Record<string, unknown>
  if (typeof is_failure !== 'boolean' || typeof output !== 'string') {
    throw new PhylumError(
      'ERR_API_RESPONSE',
      'Cannot read the answer of the API: it says nothing of a job',
    )
  }
  if (isJson) printJson(context, { job: id, is_failure, incomplete_count, output, report })
  else for (const line of output.split('\n')) context.terminal.print(display(line, Infinity))
  return is_failure ? REFUSED : 0
}

interface Job {
  id: string
  label: string | null
  /** RFC 3339. */
  created: string
}

function readJobs(answer: unknown): Job[] {
  const fields = Array.isArray(answer) ? answer : []
  return fields.flatMap((each) => {
    const { id, label, created } = (each ?? {}) as Record<string, unknown>
    if (typeof id !== 'string' || typeof created !== 'string') return []
    return [{ id, label: typeof label === 'string' ? label : null, created }]
  })
}

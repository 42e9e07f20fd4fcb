import { display, displayJson, PhylumError } from '#base'
import { describePermissions } from '#permissions'
import { parseSource } from '#registry'
import type { Candidate, Source, Verdict } from '#registry'
import { askedAnywhere } from '../agree.ts'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { fetchExtension } from '../fetch_extension.ts'
import { judgeCandidate } from '../judge_candidate.ts'
import { searchNamespaces } from '../wall.ts'

/** `phylum trust explain` */
export const trustExplain: Command = {
  name: 'trust explain',
  summary: 'Say what the policy decides about an extension, and why; nothing is installed',
  usage: 'SOURCE [NAME]…',
  positionals: { min: 1, max: Infinity },
  options: [{ name: 'json', summary: 'Print it as JSON' }],
  examples: [['phylum trust explain npm:@acme/report', 'who has signed it, and each rule in turn']],
  async run(context, given) {
    const { environment, workingDirectory, terminal } = context
    const [text = '', ...names] = given.positionals
    const source = parseSource(text, { workingDirectory, home: environment['HOME'] ?? '/' })
    const staged = await fetchExtension(context, source)
    try {
      const unknown = names.find((name) => !staged.members.some((each) => each.name === name))
      if (unknown !== undefined) {
        throw new PhylumError(
          'ERR_REGISTRY_NOT_FOUND',
          `Cannot explain "${display(unknown)}": the source holds no extension of this name`,
          { hints: staged.members.slice(0, 10).map(({ name }) => `it holds "${name}"`) },
        )
      }
      const members = staged.members.length === 0 ? [null] : staged.members
        .filter(({ name }) => names.length === 0 || names.includes(name)).map(({ path }) => path)
      const judged: Judged[] = []
      for (const member of members) {
        const candidate = await staged.prepare(member)
        const { request } = candidate
        const found = await judgeCandidate(context, { source, request, signed: candidate })
        judged.push({ candidate, ...found })
      }
      if (hasOption(given, 'json')) terminal.print(renderJson(judged))
      else for (const each of judged) terminal.print(await render(context, source, each))
      return 0
    } finally {
      staged.dispose()
    }
  },
}

interface Judged {
  candidate: Candidate
  publisher: string | null
  verdict: Verdict
}

const CONSEQUENCES = {
  accept: 'it is installed without a question',
  ask: 'you are asked about it',
  refuse: 'it is not installed',
} as const

async function render(
  context: Context,
  source: Source,
  { candidate, publisher, verdict }: Judged,
): Promise<string> {
  const { terminal } = context
  const { name, version, resolved, integrity, signature, request } = candidate
  const isRunConfined = (await searchNamespaces(context)).maker !== null
  const { dangers, lines } = describePermissions(askedAnywhere(context, request), { isRunConfined })
  const signer = signature === null
    ? 'none'
    : publisher === null
    ? 'of nobody that you trust'
    : `of "${publisher}"`
  return [
    terminal.paint(
      'bold',
      `Extension "${display(name)}"${version === null ? '' : ` ${display(version)}`}`,
    ),
    `  Source:    ${display(candidate.source, 400)}`,
    ...(source.kind === 'directory' ? [] : [`  Resolved:  ${display(resolved, 400)}`]),
    `  Integrity: ${display(integrity)}`,
    `  Signature: ${signer}`,
    ...dangers.map((each) => `  danger: ${each}`),
    ...lines.map((each) => `  - ${each}`),
    ...verdict.reasons.map((each) => `  ${each}`),
    `  Decision:  ${verdict.decision}: ${CONSEQUENCES[verdict.decision]}`,
  ].join('\n')
}

function renderJson(judged: readonly Judged[]): string {
  const extensions = judged.map(({ candidate, publisher, verdict }) => ({
    name: candidate.name,
    version: candidate.version,
    source: candidate.source,
    resolved: candidate.resolved,
    integrity: candidate.integrity,
    is_signed: candidate.signature !== null,
    publisher,
    decision: verdict.decision,
    rule: verdict.rule,
    reasons: verdict.reasons,
  }))
  return displayJson(JSON.stringify({ schema: 1, extensions }))
}

import { api } from 'phylum'

interface Group {
  group_name: string
  role: string
  created_at: string
}

const response = await api.fetch('/groups')
if (!response.ok) {
  const answer = await response.json().catch(() => null)
  throw new Error(
    `the API answered ${response.status}: ${answer?.error?.description ?? 'no reason given'}`,
  )
}
const { groups }: { groups: Group[] } = await response.json()

if (Deno.args.includes('--json') || !Deno.stdout.isTerminal()) {
  console.log(JSON.stringify(groups, null, 2))
} else if (groups.length === 0) {
  console.log('You belong to no group.')
} else {
  const width = Math.max(...groups.map((group) => group.group_name.length), 'NAME'.length)
  console.log(`${'NAME'.padEnd(width)}  ROLE    CREATED`)
  for (const { group_name, role, created_at } of groups) {
    console.log(`${group_name.padEnd(width)}  ${role.padEnd(6)}  ${created_at}`)
  }
}

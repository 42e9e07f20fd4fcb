import type { Context } from './compose.ts'
import { listAll } from './list_all.ts'

/** An organization as the API tells it; some tell the name alone. */
export interface OrganizationEntry {
  name: string
  role: string | null
  created_at: string | null
}

/** Lists the organizations of the user. @throws what `listAll()` throws */
export async function listOrganizations(context: Context): Promise<OrganizationEntry[]> {
  const text = (value: unknown) => typeof value === 'string' ? value : null
  return await listAll(context, {
    path: '/organizations',
    key: 'organizations',
    what: 'organizations',
    read: ({ name, role, created_at }) =>
      typeof name === 'string'
        ? { name, role: text(role), created_at: text(created_at) }
        : undefined,
    cursorOf: ({ name }) => name,
  })
}

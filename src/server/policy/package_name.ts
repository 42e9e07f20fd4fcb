import type { Static } from '@sinclair/typebox'
import type { Ecosystem as EcosystemSchema } from '../schemas.ts'

/** Where a package comes from. */
export type Ecosystem = Static<typeof EcosystemSchema>

/** What names a package. */
export interface PackageName {
  registry: Ecosystem
  name: string
  version: string
}

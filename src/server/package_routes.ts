import { renderEvaluation, renderRaw } from './job_routes.ts'
import { MAX_PACKAGES_BODY } from './limits.ts'
import { describePackage } from './policy/describe_package.ts'
import { evaluate } from './policy/evaluate.ts'
import { readPackage } from './policy/package.ts'
import { defineRoute } from './route.ts'
import type { Route } from './route.ts'
import {
  Evaluation,
  PackageCheck,
  PackageDescriptor,
  PackageSubmission,
  RawEvaluation,
} from './schemas.ts'

const PATH = '/api/v0/data/packages'

/** The operations on packages that belong to no project; nothing is kept of them. */
export const packageRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: `${PATH}/check`,
    operation: 'checkPackages',
    summary: 'Tell what the policy says about packages, in words',
    body: PackageCheck,
    maxBody: MAX_PACKAGES_BODY,
    status: 200,
    reply: Evaluation,
    answer: ({ policy, body }) =>
      Promise.resolve(renderEvaluation(evaluate(policy, readAll(body)))),
  }),
  defineRoute({
    method: 'POST',
    path: `${PATH}/check/raw`,
    operation: 'checkPackagesRaw',
    summary: 'Tell what the policy says about packages, one by one',
    body: PackageCheck,
    maxBody: MAX_PACKAGES_BODY,
    status: 200,
    reply: RawEvaluation,
    answer: ({ policy, body }) => Promise.resolve(renderRaw(evaluate(policy, readAll(body)))),
  }),
  defineRoute({
    method: 'POST',
    path: `${PATH}/submit`,
    operation: 'submitPackage',
    summary: 'Tell what is known of a package',
    body: PackageDescriptor,
    status: 200,
    reply: PackageSubmission,
    answer: ({ policy, body }) =>
      Promise.resolve({
        status: 'AlreadyProcessed' as const,
        data: describePackage(policy, readPackage(body, 'body')),
      }),
  }),
]

function readAll(sent: readonly Parameters<typeof readPackage>[0][]) {
  return sent.map((one, index) => readPackage(one, `[${index}]`))
}

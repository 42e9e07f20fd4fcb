import { base, Check, Prompt } from 'oidc-provider/lib/helpers/interaction_policy/index.js'
import type { Policy } from 'oidc-provider/lib/helpers/interaction_policy/index.js'
import { REGISTRATION_PROMPT } from './prompt.ts'

/**
 * Says when somebody must be asked: always, once. Programs on somebody's own machine cannot prove who they are, so none is
 * let through because it, or another one under its name, was let through before (RFC 8252, section 8.6).
 */
export function createPolicy(): Policy {
  const policy = base()
  policy.add(new Prompt({ name: REGISTRATION_PROMPT, requestable: true }), 0)
  policy.get('login')?.checks.add(
    new Check(
      'not_asked',
      'End-User authentication is required',
      'login_required',
      ({ oidc }) =>
        oidc.result?.['login'] === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
    ),
  )
  return policy
}

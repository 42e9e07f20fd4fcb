import { KEY_TOKEN_PATH, USERINFO_PATH } from './paths.ts'

type Document = Record<string, unknown>

/** Corrects in the provider's description of itself what its endpoints do differently here. */
export function describeOpenid(document: Document): Document {
  return {
    ...document,
    prompt_values_supported: ['none', 'login', 'consent', 'create'],
    response_modes_supported: ['query'],
  }
}

/** Describes the key service: the provider's endpoints, but for the one that gives a key. */
export function describeKeyService(document: Document, origin: URL): Document {
  const shared = [
    'issuer',
    'authorization_endpoint',
    'device_authorization_endpoint',
    'jwks_uri',
    'authorization_response_iss_parameter_supported',
    'code_challenge_methods_supported',
    'id_token_signing_alg_values_supported',
    'prompt_values_supported',
    'response_modes_supported',
    'response_types_supported',
    'scopes_supported',
    'subject_types_supported',
    'token_endpoint_auth_methods_supported',
  ]
  const openid = describeOpenid(document)
  return {
    ...Object.fromEntries(shared.map((name) => [name, openid[name]])),
    grant_types_supported: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
    token_endpoint: origin.origin + KEY_TOKEN_PATH,
    userinfo_endpoint: origin.origin + USERINFO_PATH,
  }
}

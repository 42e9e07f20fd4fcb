import type { Clock } from '#base'
import type { KeyIssuer } from './key_issuer.ts'
import type { OpenidProvider } from './openid_provider.ts'
import type { RateLimiter } from './rate_limiter.ts'

/** An address of the provider or of the key service. */
export interface Endpoint {
  method: 'GET' | 'POST'
  /** Path with parameters as ":name". */
  path: string
  /** @param sender network address of whoever sends the request */
  answer(request: Request, sender: string): Promise<Response>
}

/** What endpoints are served with. */
export interface EndpointContext {
  /** Loads the provider, the first time. */
  openid(): Promise<OpenidProvider>
  keys: KeyIssuer
  limiter: RateLimiter
  clock: Clock
  /** Where the server is reached from outside. */
  readonly origin: URL
}

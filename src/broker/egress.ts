import { PhylumError } from '#base'
import { isNetGranted } from '#permissions'
import { DESTINATION_HEADER } from '#protocol'
import { assertMethod } from './authorize.ts'
import { hostOf, parseDestination, portOf } from './destination.ts'
import { dial } from './dial.ts'
import { describeTransportError } from './failure.ts'
import { passHeaders } from './headers.ts'
import type { Incoming } from './incoming.ts'
import { findAddresses, lookUpBySystem } from './look_up.ts'
import type { LookUp } from './look_up.ts'
import { watchSilence } from './silence.ts'

/** What a request to another host needs from the run and the world. */
export interface EgressOptions {
  net: true | readonly string[]
  lookUp?: LookUp
  /** How long the host may be silent, in milliseconds: before its answer begins, and within it. */
  timeout: number
}

/** Sends a guest's request to another host than the API, and gives the answer. */
export type Egress = (incoming: Incoming) => Promise<Response>

/** What is meant in messages. */
const WHOM = 'the host'

/**
 * Makes the road to the hosts of a manifest's `net`. The guest has no network: it says where to, and the host goes there in its
 * place, after a look at the name and at every address it has. No credential goes along, no redirect is followed (the guest asks
 * again for each), and nothing is read of what is passed on.
 */
export function createEgress({ net, lookUp = lookUpBySystem, timeout }: EgressOptions): Egress {
  return async (incoming) => {
    if (incoming.method !== 'OPTIONS') assertMethod(incoming.method)
    const url = parseDestination(incoming.headers.get(DESTINATION_HEADER))
    const port = portOf(url)
    if (!isNetGranted(net, url.hostname, port)) {
      throw new PhylumError(
        'ERR_BROKER_HOST',
        `Requires net access to "${url.hostname.replace(/\.$/, '')}:${port}"`,
      )
    }
    const silence = watchSilence(timeout, incoming.signal)
    try {
      const addresses = await silence.guard(findAddresses(url, net, lookUp))
      return await dial({
        url,
        host: hostOf(url),
        addresses,
        method: incoming.method,
        headers: passHeaders(incoming.headers),
        body: incoming.body,
      }, silence)
    } catch (error) {
      silence.abort()
      if (error instanceof PhylumError) throw error
      throw silence.expired(url.origin, WHOM) ?? describeTransportError(error, url.origin, WHOM)
    }
  }
}

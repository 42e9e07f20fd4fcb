import { PhylumError } from '#base'
import { canonicalAddress, isAddressNamed, isPublicAddress } from '#permissions'
import { networkInterfaces } from 'node:os'
import { hostOf, portOf } from './destination.ts'

/** Gives the addresses of a host. */
export type LookUp = (host: string) => Promise<readonly string[]>

/** Asks the system, as every program of it does: the hosts file, then the name servers. */
export async function lookUpBySystem(host: string): Promise<readonly string[]> {
  const { lookup } = await import('node:dns/promises')
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

/**
 * Finds the addresses of a URL's host, once, and looks at all of them. Who owns a name decides what it resolves to: an address of
 * this machine or of the networks around it is refused, unless the manifest names it. Those that are answered are to be dialled as
 * they are; to ask a second time would be to believe the second answer (DNS rebinding).
 *
 * @throws ERR_BROKER_ADDRESS, and what the look-up throws
 */
export async function findAddresses(
  url: URL,
  net: true | readonly string[],
  lookUp: LookUp,
): Promise<readonly string[]> {
  const host = hostOf(url)
  const port = portOf(url)
  const addresses = canonicalAddress(host) === undefined ? await lookUp(host) : [host]
  // One bad address spoils all: which of them is dialled in the end is decided by who answers.
  for (const address of addresses) {
    if (isPublicAddress(address) && !isOwn(address)) continue
    if (isAddressNamed(net, { host, address, port })) continue
    const entry = `${canonicalAddress(address) ?? address}:${port}`
    throw new PhylumError(
      'ERR_BROKER_ADDRESS',
      address === host
        ? `Requires net access to "${entry}", which is not an address of the internet`
        : `Requires net access to "${entry}", to which "${host}" leads`,
    )
  }
  if (addresses.length === 0) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' })
  return addresses
}

/** Answers whether an address is one that this machine has itself: what listens on it is often meant for nobody else. */
function isOwn(address: string): boolean {
  const canonical = canonicalAddress(address)
  return Object.values(networkInterfaces()).flat()
    .some((each) => each !== undefined && canonicalAddress(each.address) === canonical)
}

import { PhylumError } from '#base'
import type { LockOptions } from './lock.ts'
import { type Publisher, readTrust } from './trust_settings.ts'
import { updateDocument } from './update_settings.ts'

const PUBLISHERS = ['trust', 'publishers']

/**
 * Adds a trusted publisher to the settings; one that is there already, with the same key, is left as it is.
 *
 * @returns whether it is new
 * @throws ERR_REGISTRY_TRUST when the name stands for another key, and what `updateSettings` throws
 */
export async function addPublisher(
  file: string,
  publisher: Publisher,
  options: LockOptions = {},
): Promise<boolean> {
  let isNew = false
  await updateDocument(file, (document) => {
    const { publishers } = readTrust(document)
    const known = publishers.find(({ name }) => name === publisher.name)
    if (known !== undefined) {
      if (isSame(known, publisher)) return false
      // Whoever changes the key of a name that rules rely on shall see that they do.
      throw new PhylumError(
        'ERR_REGISTRY_TRUST',
        `Cannot trust "${publisher.name}": another key is trusted under this name`,
        {
          hints: [
            `remove it first: \`phylum trust remove ${publisher.name}\``,
            'choose another name with --name',
          ],
        },
      )
    }
    document.append(PUBLISHERS, publisher)
    return isNew = true
  }, options)
  return isNew
}

/**
 * Removes a trusted publisher from the settings.
 *
 * @returns whether it was there
 * @throws ERR_REGISTRY_TRUST while a rule relies on it, and what `updateSettings` throws
 */
export async function removePublisher(
  file: string,
  name: string,
  options: LockOptions = {},
): Promise<boolean> {
  let isThere = false
  await updateDocument(file, (document) => {
    const { publishers, rules } = readTrust(document)
    const index = publishers.findIndex((each) => each.name === name)
    if (index === -1) return false
    const rule = rules.find(({ publisher }) => publisher === name)
    if (rule !== undefined) {
      throw new PhylumError(
        'ERR_REGISTRY_TRUST',
        `Cannot remove "${name}": the rule at ${rule.where} relies on it`,
        { hints: ['change or remove this rule first'] },
      )
    }
    document.remove([...PUBLISHERS, index])
    return isThere = true
  }, options)
  return isThere
}

function isSame(left: Publisher, right: Publisher): boolean {
  return left.jwks === right.jwks && left.key?.x === right.key?.x
}

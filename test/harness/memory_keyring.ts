import { type Keyring, type KeyringPatience, KeyringUnavailable } from '#auth'

type TestKeyring = Keyring & KeyringPatience

/** A system without a keyring. */
export const noKeyring: TestKeyring = {
  limit: 1_000,
  read: () => Promise.reject(new KeyringUnavailable('there is none here')),
  write: () => Promise.reject(new KeyringUnavailable('there is none here')),
  remove: () => Promise.reject(new KeyringUnavailable('there is none here')),
}

/** A keyring that lasts as long as the test. */
export function createMemoryKeyring(): TestKeyring & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>()
  return {
    limit: 1_000,
    entries,
    read: (account) => Promise.resolve(entries.get(account)),
    write: (account, value) => Promise.resolve(void entries.set(account, value)),
    remove: (account) => Promise.resolve(void entries.delete(account)),
  }
}

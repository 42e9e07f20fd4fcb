import { refusal } from './refusal.ts'

/** Longest name, in characters. */
const MAX_NAME = 256

/**
 * Answers whether a variable is never handed to an extension, whatever its manifest asks for: it belongs to phylum, or it changes
 * which code a loader or an engine runs.
 */
export function isReservedVariable(name: string): boolean {
  if (name === 'NODE_ENV') return false
  return /^(PHYLUM|LD|DYLD|DENO|BUN|NODE)_/.test(name)
}

/**
 * Checks the name of an environment variable in a manifest. A wildcard would hand out the credential along with the rest.
 *
 * @throws ERR_PERMISSIONS_VALUE
 */
export function checkVariable(kind: string, value: string): void {
  if (value === '') throw refusal(kind, value, 'it is empty')
  if (value.includes('*')) {
    throw refusal(kind, value, 'it holds a wildcard; name each variable, or write env = true')
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(value) || value.length > MAX_NAME) {
    throw refusal(kind, value, 'it is not the name of a variable (letters, digits and "_")')
  }
  if (value === 'PHYLUM_API_KEY') {
    throw refusal(kind, value, 'the credential never crosses into an extension; call api.fetch()')
  }
  if (value.startsWith('PHYLUM_')) {
    throw refusal(kind, value, 'variables of phylum never cross into an extension')
  }
  if (isReservedVariable(value)) {
    throw refusal(kind, value, 'it changes which code the engine runs')
  }
}

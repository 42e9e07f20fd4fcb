import { display, PhylumError } from '#base'
import { isPublicKey } from '#config'
import type { PublicKey } from '#config'
import type { Stats } from 'node:fs'
import process from 'node:process'
import { readSmallFile } from '../read_small_file.ts'
import type { SigningKey } from './detached_jws.ts'

/** Largest file of a key, in bytes. */
const MAX_BYTES = 16 * 1024

/**
 * Reads a private key to sign with: Ed25519, as JWK or as PEM (PKCS #8). What others can read is no secret, and is refused.
 *
 * @throws ERR_REGISTRY_TRUST; no message holds a piece of the file
 */
export async function readSigningKey(file: string): Promise<SigningKey> {
  const refuse = (state: string, hints: readonly string[] = []) =>
    new PhylumError('ERR_REGISTRY_TRUST', `Cannot sign with "${display(file)}": ${state}`, {
      hints,
    })
  const { bytes, status } = readSmallFile(file, MAX_BYTES, (state) => refuse(state))
  assertPrivate(status, file, refuse)
  const key = await parseKey(new TextDecoder().decode(bytes))
  if (key?.privateKey === undefined) {
    throw refuse(
      key === undefined
        ? 'it is no Ed25519 key as JWK or PEM'
        : 'it is a public key, and signing needs the private one',
      key === undefined ? ['make one: `openssl genpkey -algorithm ed25519 -out key.pem`'] : [],
    )
  }
  return { privateKey: key.privateKey, publicKey: key.publicKey }
}

/**
 * Reads a key to check signatures with: Ed25519, as JWK or PEM. Of a private key the public half is taken.
 *
 * @param text of the key
 * @returns undefined when it is none
 */
export async function parsePublicKey(
  text: string,
): Promise<{ key: PublicKey; isPrivate: boolean } | undefined> {
  const key = await parseKey(text)
  return key && { key: key.publicKey, isPrivate: key.privateKey !== undefined }
}

/**
 * Reads the file of a key to check signatures with.
 *
 * @throws ERR_REGISTRY_TRUST
 */
export async function readPublicKey(
  file: string,
): Promise<{ key: PublicKey; isPrivate: boolean }> {
  const refuse = (state: string) =>
    new PhylumError('ERR_REGISTRY_TRUST', `Cannot trust "${display(file)}": ${state}`)
  const { bytes } = readSmallFile(file, MAX_BYTES, refuse)
  const key = await parsePublicKey(new TextDecoder().decode(bytes))
  if (key === undefined) throw refuse('it is no Ed25519 key as JWK or PEM')
  return key
}

async function parseKey(
  text: string,
): Promise<{ publicKey: PublicKey; privateKey?: CryptoKey } | undefined> {
  const { exportJWK, importJWK, importPKCS8, importSPKI } = await import('jose')
  try {
    if (/^-----BEGIN PUBLIC KEY-----/m.test(text)) {
      const key = await exportJWK(await importSPKI(text, 'EdDSA', { extractable: true }))
      return isPublicKey(key) ? { publicKey: strip(key) } : undefined
    }
    if (/^-----BEGIN PRIVATE KEY-----/m.test(text)) {
      const privateKey = await importPKCS8(text, 'EdDSA', { extractable: true })
      const key = await exportJWK(privateKey)
      return isPublicKey(key) ? { publicKey: strip(key), privateKey } : undefined
    }
    const key: unknown = JSON.parse(text)
    if (!isPublicKey(key)) return undefined
    const { d } = key as PublicKey & { d?: unknown }
    if (d === undefined) return { publicKey: strip(key) }
    const privateKey = await importJWK({ ...strip(key), d: d as string }, 'EdDSA')
    return { publicKey: strip(key), privateKey: privateKey as CryptoKey }
  } catch {
    return undefined
  }
}

function strip({ x }: PublicKey): PublicKey {
  return { kty: 'OKP', crv: 'Ed25519', x }
}

function assertPrivate(
  status: Stats,
  file: string,
  refuse: (state: string, hints: readonly string[]) => PhylumError,
): void {
  const user = process.geteuid?.()
  if (user !== undefined && user !== 0 && status.uid !== user) {
    throw refuse(`it belongs to the user with the id ${status.uid}`, [])
  }
  if ((status.mode & 0o077) === 0) return
  const mode = (status.mode & 0o777).toString(8).padStart(4, '0')
  throw refuse(`others can use it (mode ${mode})`, [`run \`chmod 600 ${display(file)}\``])
}

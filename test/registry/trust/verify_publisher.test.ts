import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import type { Fetch } from '#base'
import type { PublicKey, Publisher } from '#config'
import { signDetached, thumbprintOf } from '../../../src/registry/trust/detached_jws.ts'
import { parsePublicKey, readSigningKey } from '../../../src/registry/trust/read_key.ts'
import { verifyPublisher } from '../../../src/registry/trust/verify_publisher.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const BYTES = new TextEncoder().encode('a pack')
const JWKS = 'https://keys.example/jwks.json'

async function makeKey() {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { x } = await exportJWK(pair.publicKey)
  const publicKey: PublicKey = { kty: 'OKP', crv: 'Ed25519', x: x! }
  return { privateKey: pair.privateKey, publicKey }
}

const nobody: Fetch = () => Promise.reject(new Error('nobody may be asked'))

function answering(...keys: object[]): Fetch & { count: number } {
  const fetch = Object.assign((url: unknown) => {
    assert.equal(url, JWKS)
    fetch.count++
    return Promise.resolve(Response.json({ keys }))
  }, { count: 0 })
  return fetch
}

test('verifyPublisher() names who has signed', async () => {
  const [acme, other] = [await makeKey(), await makeKey()]
  const publishers: Publisher[] = [
    { name: 'other', key: other.publicKey },
    { name: 'acme', key: acme.publicKey },
  ]
  const signature = await signDetached(BYTES, acme)
  assert.match(signature, /^[\w-]+\.\.[\w-]+$/)
  assert.equal(await verifyPublisher(BYTES, signature, publishers, nobody), 'acme')
  assert.equal(await verifyPublisher(BYTES, `${signature}\n`, publishers, nobody), 'acme')
  assert.equal(await verifyPublisher(BYTES, null, publishers, nobody), null)
  assert.equal(await verifyPublisher(BYTES, signature, publishers.slice(0, 1), nobody), null)
  assert.equal(await verifyPublisher(BYTES, signature, [], nobody), null)
})

test('verifyPublisher() refuses a signature that is there and wrong', async () => {
  const [acme, evil] = [await makeKey(), await makeKey()]
  const publishers: Publisher[] = [{ name: 'acme', key: acme.publicKey }]
  const signature = await signDetached(BYTES, acme)
  const refuses = (bytes: Uint8Array, text: string) =>
    assert.rejects(verifyPublisher(bytes, text, publishers, nobody), { code: 'ERR_REGISTRY_TRUST' })
  await refuses(new TextEncoder().encode('a pacK'), signature)
  await refuses(BYTES, signature.replace(/.$/, (last) => last === 'A' ? 'B' : 'A').slice(0, -3))
  // Signed by another key that takes this one's name.
  const forged = await new CompactSign(BYTES)
    .setProtectedHeader({ alg: 'EdDSA', kid: await thumbprintOf(acme.publicKey) })
    .sign(evil.privateKey)
  await refuses(BYTES, forged.replace(/\..*\./, '..'))
  const header = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url')
  const [, , made] = signature.split('.')
  await refuses(BYTES, `${header({ alg: 'none' })}..${made}`)
  await refuses(BYTES, `${header({ alg: 'HS256' })}..${made}`)
  await refuses(BYTES, `${header({ alg: 'EdDSA', kid: await thumbprintOf(acme.publicKey) })}..AAAA`)
  await refuses(BYTES, `bm90IGpzb24..${made}`)
  await refuses(BYTES, forged)
  await refuses(BYTES, '')
  await refuses(BYTES, 'x'.repeat(10_000))
})

test('verifyPublisher() never believes a key that a signature brings along', async () => {
  const [acme, evil] = [await makeKey(), await makeKey()]
  const publishers: Publisher[] = [{ name: 'acme', key: acme.publicKey }]
  const signed = await new CompactSign(BYTES)
    .setProtectedHeader({ alg: 'EdDSA', jwk: evil.publicKey }).sign(evil.privateKey)
  const text = signed.replace(/\..*\./, '..')
  assert.equal(await verifyPublisher(BYTES, text, publishers, nobody), null)
})

test('verifyPublisher() fetches sets of keys, anew each time, and only where they matter', async () => {
  const [old, fresh, fixed] = [await makeKey(), await makeKey(), await makeKey()]
  const publishers: Publisher[] = [
    { name: 'acme', jwks: JWKS },
    { name: 'fixed', key: fixed.publicKey },
  ]
  const verify = async (key: Awaited<ReturnType<typeof makeKey>>, fetch: Fetch) =>
    await verifyPublisher(BYTES, await signDetached(BYTES, key), publishers, fetch)
  assert.equal(await verify(fixed, nobody), 'fixed')
  const before = answering({ ...old.publicKey, kid: '1' }, { kty: 'RSA', n: 'x', e: 'AQAB' })
  assert.equal(await verify(old, before), 'acme')
  assert.equal(await verify(fresh, before), null)
  const after = answering({ ...fresh.publicKey, kid: '2' })
  assert.equal(await verify(fresh, after), 'acme')
  assert.equal(await verify(old, after), null, 'what was taken out counts no more')
  assert.equal(after.count, 2)
  // A key by the name that the set gives it.
  const named = await new CompactSign(BYTES).setProtectedHeader({ alg: 'Ed25519', kid: '2' })
    .sign(fresh.privateKey)
  const text = named.replace(/\..*\./, '..')
  assert.equal(await verifyPublisher(BYTES, text, publishers, after), 'acme')
})

test('verifyPublisher() fails where a set of keys cannot be had', async () => {
  const signature = await signDetached(BYTES, await makeKey())
  const fails = (code: string, fetch: Fetch) =>
    assert.rejects(verifyPublisher(BYTES, signature, [{ name: 'acme', jwks: JWKS }], fetch), {
      code,
    })
  await fails('ERR_REGISTRY_UNREACHABLE', nobody)
  await fails('ERR_REGISTRY_UNREACHABLE', () => Promise.resolve(new Response('', { status: 404 })))
  await fails('ERR_REGISTRY_UNREACHABLE', (_url, init) => {
    assert.equal(init?.redirect, 'manual')
    return Promise.resolve(
      new Response('', { status: 302, headers: { location: 'https://e.example/' } }),
    )
  })
  await fails('ERR_REGISTRY_TRUST', () => Promise.resolve(new Response('<html>')))
  await fails('ERR_REGISTRY_TRUST', () => Promise.resolve(new Response('{}')))
  await fails('ERR_REGISTRY_TRUST', () => Promise.resolve(new Response('x'.repeat(100_000))))
})

test('readSigningKey() reads JWK and PEM, and refuses what others can read', async () => {
  await withTemporaryDirectory(async (directory) => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const jwk = privateKey.export({ format: 'jwk' })
    const files: Record<string, string> = {
      pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      jwk: JSON.stringify(jwk),
    }
    for (const [name, text] of Object.entries(files)) {
      const file = join(directory, name)
      writeFileSync(file, text, { mode: 0o600 })
      const key = await readSigningKey(file)
      assert.equal(key.publicKey.x, jwk.x)
      const publishers: Publisher[] = [{ name: 'acme', key: key.publicKey }]
      const signature = await signDetached(BYTES, key)
      assert.equal(await verifyPublisher(BYTES, signature, publishers, nobody), 'acme')
      for (const mode of [0o640, 0o604, 0o620]) {
        chmodSync(file, mode)
        await assert.rejects(readSigningKey(file), {
          code: 'ERR_REGISTRY_TRUST',
          message: /others can use it/,
        })
      }
    }
    const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    assert.deepEqual(await parsePublicKey(publicPem), {
      key: { kty: 'OKP', crv: 'Ed25519', x: jwk.x },
      isPrivate: false,
    })
    assert.equal((await parsePublicKey(files['jwk']!))?.isPrivate, true)
    const refuses = async (text: string, state: RegExp) => {
      const file = join(directory, 'bad')
      writeFileSync(file, text, { mode: 0o600 })
      await assert.rejects(readSigningKey(file), { code: 'ERR_REGISTRY_TRUST', message: state })
    }
    await refuses(publicPem, /public key/)
    await refuses(JSON.stringify({ ...jwk, d: undefined }), /public key/)
    await refuses('', /no Ed25519 key/)
    await refuses('{"kty": "RSA"}', /no Ed25519 key/)
    await refuses(JSON.stringify({ ...jwk, crv: 'X25519' }), /no Ed25519 key/)
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    await refuses(rsa.export({ format: 'pem', type: 'pkcs8' }).toString(), /no Ed25519 key/)
    const other = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
    writeFileSync(join(directory, 'odd'), JSON.stringify({ ...jwk, x: other.x }), { mode: 0o600 })
    await assert.rejects(
      readSigningKey(join(directory, 'odd')).then((key) => signDetached(BYTES, key)),
      { code: 'ERR_REGISTRY_TRUST' },
    )
  })
})

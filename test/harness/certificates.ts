import { spawnSync } from 'node:child_process'
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fetch } from '#base'

/** A key and its certificate, as a server takes them. */
export interface Pair {
  readonly key: string
  readonly cert: string
}

/** Certificates for 127.0.0.1. */
export interface Certificates {
  /** Of the authority that signed the good one; nobody trusts it unless told (`trustingFetch()`, NODE_EXTRA_CA_CERTS, DENO_CERT). */
  readonly authority: string
  readonly good: Pair
  /** Signed by itself. */
  readonly bad: Pair
}

/** Makes an authority and certificates with openssl. */
export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-tls-'))
  const run = (...words: string[]) => {
    const made = spawnSync('openssl', words, { cwd: directory })
    assert.equal(made.status, 0, String(made.stderr))
  }
  const read = (name: string) => readFileSync(join(directory, name), 'utf8')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const name = ['-subj', '/CN=127.0.0.1']
  const san = 'subjectAltName=IP:127.0.0.1'
  try {
    const authority = ['-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority']
    run('req', '-x509', ...key, ...authority, '-days', '1')
    run('req', '-x509', ...key, '-keyout', 'bad.key', '-out', 'bad.pem', ...name, '-addext', san)
    run('req', ...key, '-keyout', 'good.key', '-out', 'good.csr', ...name)
    writeFileSync(join(directory, 'names'), san)
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names']
    run('x509', '-req', '-in', 'good.csr', '-out', 'good.pem', ...by, '-days', '1')
    return {
      authority: read('ca.pem'),
      good: { key: read('good.key'), cert: read('good.pem') },
      bad: { key: read('bad.key'), cert: read('bad.pem') },
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The runtime's own fetch, which trusts one more authority. */
export function trustingFetch(authority: string): Fetch {
  if ('Bun' in globalThis) {
    return (input, init) => fetch(input, { ...init, tls: { ca: authority } } as RequestInit)
  }
  const client = Deno.createHttpClient({ caCerts: [authority] })
  return (input, init) => fetch(input, { ...init, client } as RequestInit)
}

declare const Deno: { createHttpClient(options: { caCerts: string[] }): unknown }

import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { onAllRuntimes, ONE_FORM, withHome } from '../harness/phylum.ts'
import type { Form, Home, Outcome } from '../harness/phylum.ts'
import { startWebServer } from '../harness/web_server.ts'

const REPORT = {
  'PhylumExt.toml':
    'name = "report"\nversion = "1.2.3"\n[permissions]\nread = ["./"]\n[api]\nallow = ["GET /groups"]\n',
  'main.ts': 'console.log("report 1.2.3")\n',
}

const form: Form = ONE_FORM.at(-1)!

const phylum = (home: Home, ...words: string[]) => home.phylum(form, words)

function succeeded(outcome: Outcome): Outcome {
  assert.equal(outcome.code, 0, outcome.stderr)
  return outcome
}

function failed(outcome: Outcome, code: number, message: RegExp): void {
  assert.deepEqual([outcome.code, outcome.stdout], [code, ''], outcome.stderr)
  assert.match(outcome.stderr, message)
}

function addSettings(home: Home, text: string): void {
  const head = existsSync(home.settingsFile)
    ? readFileSync(home.settingsFile, 'utf8')
    : 'connection:\n  uri: https://api.example\n'
  writeFileSync(home.settingsFile, head + text, { mode: 0o600 })
}

test(
  'phylum ext pack writes the same file in every form',
  onAllRuntimes(async (home, form) => {
    home.extension('report', REPORT)
    const outcome = succeeded(await home.phylum(form, ['ext', 'pack', './report', '--json']))
    const { file, name, version, size, integrity, files } = JSON.parse(outcome.stdout)
    assert.equal(file, join(home.path, 'work/report-1.2.3.tgz'))
    assert.deepEqual([name, version, files], [
      'report',
      '1.2.3',
      ['PhylumExt.toml', 'main.ts', 'package.json'],
    ])
    const bytes = readFileSync(file)
    assert.equal(size, bytes.length)
    assert.equal(
      integrity,
      'sha512-x3FBgnrnRYgGB/WRDcL1ioM+jJoIyaA6poS5MOmCV1k2bSIxny1m5kWXD3O3GfbYUDYAUkGL0BFQsPB1ROT47w==',
    )
    assert.equal(integrity, `sha512-${createHash('sha512').update(bytes).digest('base64')}`)
  }),
)

test(
  'phylum ext pack says what it left out and replaced, and checks the manifest first',
  withHome(async (home) => {
    const directory = home.extension('report', { ...REPORT, '.env': 'KEY=1', 'node_modules/x': '' })
    const first = succeeded(await phylum(home, 'ext', 'pack', './report'))
    assert.equal(first.stdout, `${join(home.path, 'work/report-1.2.3.tgz')}\n`)
    assert.match(first.stderr, /left out: \.env, node_modules/)
    assert.match(first.stderr, /sha512-/)
    assert.doesNotMatch(succeeded(await phylum(home, 'ext', 'pack', './report')).stderr, /Replaced/)
    writeFileSync(join(directory, 'main.ts'), 'console.log("other")\n')
    assert.match(
      succeeded(await phylum(home, 'ext', 'pack', './report')).stderr,
      /Replaced ".*1\.2\.3\.tgz"/,
    )
    // From inside, the pack lies beside the directory: within, it would be part of the next one.
    const inside = await home.phylum(form, ['ext', 'pack'], { directory })
    assert.equal(succeeded(inside).stdout, first.stdout)
    failed(
      await phylum(home, 'ext', 'pack', './report', '--output', 'report/x.tgz'),
      2,
      /among the files/,
    )
    failed(
      await phylum(home, 'ext', 'pack', './report', '--output', 'main.ts'),
      2,
      /end with "\.tgz"/,
    )
    failed(await phylum(home, 'ext', 'pack', './report', '--output', 'no/x.tgz'), 1, /Cannot write/)
    writeFileSync(join(directory, 'PhylumExt.toml'), 'name = "Report"\n')
    failed(await phylum(home, 'ext', 'pack', './report'), 20, /PhylumExt\.toml:1:1/)
    failed(await phylum(home, 'ext', 'pack', './nowhere'), 20, /does not exist/)
  }),
)

test(
  'a signed pack is trusted where its publisher is, and refused once it was changed',
  withHome(async (home) => {
    const directory = home.extension('report', REPORT)
    const work = join(home.path, 'work')
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const pem = (name: string, text: string | Buffer) =>
      writeFileSync(join(work, name), text, { mode: 0o600 })
    pem('key.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }))
    pem('acme.pem', publicKey.export({ format: 'pem', type: 'spki' }))
    chmodSync(join(work, 'key.pem'), 0o644)
    failed(
      await phylum(home, 'ext', 'pack', './report', '--sign', 'key.pem'),
      35,
      /others can use it/,
    )
    assert.ok(!existsSync(join(work, 'report-1.2.3.tgz')), 'nothing was written')
    chmodSync(join(work, 'key.pem'), 0o600)
    const packed = succeeded(await phylum(home, 'ext', 'pack', './report', '--sign', 'key.pem'))
    assert.match(packed.stderr, /signed by key [\w-]{43}/)
    assert.match(readFileSync(join(work, 'report-1.2.3.tgz.jws'), 'utf8'), /^[\w-]+\.\.[\w-]+\n$/)

    succeeded(await phylum(home, 'trust', 'add', 'acme.pem'))
    assert.match(
      succeeded(await phylum(home, 'trust', 'add', 'acme.pem')).stderr,
      /already trusted/,
    )
    failed(
      await phylum(home, 'trust', 'add', 'key.pem', '--name', 'A b'),
      2,
      /choose one with --name/,
    )
    failed(await phylum(home, 'trust', 'add', 'http://keys.example/'), 2, /not "https:"/)
    failed(await phylum(home, '--no-config', 'trust', 'add', 'acme.pem'), 1, /--no-config/)
    failed(await phylum(home, 'trust', 'remove', 'acne'), 18, /did you mean "acme"/)
    addSettings(
      home,
      `  policy:
    - { publisher: acme, permits: { read: ["./"], api: read }, then: accept }
    - { asks: [unsandboxed_run], then: refuse }
`,
    )
    const { publishers, policy } = JSON.parse(
      succeeded(await phylum(home, 'trust', 'list', '--json')).stdout,
    )
    assert.deepEqual([publishers.length, publishers[0].name, policy.length], [1, 'acme', 2])
    assert.match(
      succeeded(await phylum(home, 'trust', 'list')).stdout,
      /^acme\t[\w-]{43}\n\n1\taccept\t/,
    )
    failed(await phylum(home, 'trust', 'remove', 'acme'), 35, /relies on it/)

    const explain = async (source: string) =>
      JSON.parse(succeeded(await phylum(home, 'trust', 'explain', '--json', source)).stdout)
        .extensions[0]
    const { decision, rule, publisher, is_signed } = await explain('./report-1.2.3.tgz')
    assert.deepEqual([decision, rule, publisher, is_signed], ['accept', 1, 'acme', true])
    const plain = await explain('./report')
    assert.deepEqual([plain.decision, plain.rule, plain.publisher], ['ask', null, null])
    assert.match(plain.reasons[0], /no publisher that you trust has signed it, not "acme"/)
    const shown = succeeded(await phylum(home, 'trust', 'explain', './report-1.2.3.tgz')).stdout
    assert.match(
      shown,
      /Signature: of "acme"\n.*\n.*\n {2}rule 1 \(accept\): matches.*\n {2}Decision: {2}accept/,
    )
    assert.ok(!existsSync(home.extensions), 'nothing was installed')

    writeFileSync(join(directory, 'main.ts'), 'console.log("evil")\n')
    assert.match(
      succeeded(await phylum(home, 'ext', 'pack', './report')).stderr,
      /makes this one be refused/,
    )
    failed(
      await phylum(home, 'trust', 'explain', './report-1.2.3.tgz'),
      35,
      /not made with it for these/,
    )
  }),
)

test(
  'a publisher is trusted by the keys that a URL lists at the time, and by none when they cannot be had',
  withHome(async (home) => {
    home.extension('report', REPORT)
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const other = generateKeyPairSync('ed25519').publicKey
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' })
    writeFileSync(join(home.path, 'work/key.pem'), key, { mode: 0o600 })
    let keys = [publicKey.export({ format: 'jwk' })]
    const server = await startWebServer((_request, response) => {
      response.end(JSON.stringify({ keys }))
    })
    try {
      succeeded(await phylum(home, 'ext', 'pack', './report', '--sign', 'key.pem'))
      const url = `${server.origin}/jwks.json`
      succeeded(await phylum(home, 'trust', 'add', url, '--name', 'acme'))
      addSettings(home, '  policy:\n    - { publisher: acme, then: accept }\n')
      const install = () => phylum(home, 'ext', 'install', './report-1.2.3.tgz')
      keys = [other.export({ format: 'jwk' })]
      failed(await install(), 17, /asks for permission/)
      keys = [publicKey.export({ format: 'jwk' })]
      assert.match(succeeded(await install()).stdout, /report 1\.2\.3 is installed/)
      const info = succeeded(await phylum(home, 'ext', 'info', '--json', 'report'))
      assert.equal(JSON.parse(info.stdout).publisher, 'acme')
      const blind = await phylum(home, '--ignore-certs', 'trust', 'explain', './report-1.2.3.tgz')
      failed(blind, 35, /nobody knows whose the keys are/)
    } finally {
      await server.stop()
    }
    failed(await phylum(home, 'trust', 'explain', './report-1.2.3.tgz'), 30, /cannot be reached/)
  }),
)

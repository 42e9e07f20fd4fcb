import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { readNpmSettings } from '#registry'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { writeFiles } from '../../harness/write_files.ts'

const FILE = `; a comment
registry = https://registry.example/npm
@team:registry="https://git.example/api/v4/packages/npm/"
//registry.example/npm/:_authToken=\${TOKEN}
//git.example/api/v4/:username=ann
//git.example/api/v4/:_password=${btoa('s3cret')}
//basic.example/:_auth=YTpi
ignore-scripts=false
`

async function withSettings(
  body: (settings: ReturnType<typeof readNpmSettings>) => void,
  environment: Record<string, string> = {},
): Promise<void> {
  await withTemporaryDirectory((home) => {
    writeFiles(home, { '.npmrc': FILE })
    body(readNpmSettings({ TOKEN: 'tok', ...environment }, home))
    return Promise.resolve()
  })
}

const show = (found: ReturnType<ReturnType<typeof readNpmSettings>['credential']>) =>
  found && `${found.scheme} ${found.secret.reveal()}`

test('readNpmSettings() hands out where registries are, and no credential', async () => {
  await withSettings(({ registries }) => {
    assert.equal(
      registries,
      'registry=https://registry.example/npm/\n' +
        '@team:registry=https://git.example/api/v4/packages/npm/\n',
    )
  })
})

test('I113 a credential is for what lies below its place on its host, and for nothing else', async () => {
  await withSettings(({ credential }) => {
    const given = (url: string) => show(credential(new URL(url)))
    assert.equal(given('https://registry.example/npm/left-pad'), 'Bearer tok')
    assert.equal(given('https://registry.example/npmx/left-pad'), undefined)
    assert.equal(given('https://registry.example/'), undefined)
    assert.equal(given('https://registry.example:444/npm/left-pad'), undefined)
    assert.equal(given('https://registry.example.evil.example/npm/left-pad'), undefined)
    assert.equal(given('https://git.example/api/v4/x'), `Basic ${btoa('ann:s3cret')}`)
    assert.equal(given('https://basic.example/x'), 'Basic YTpi')
    assert.equal(given('https://registry.npmjs.org/left-pad'), undefined)
  })
})

test('readNpmSettings() takes for named what the file names, and nothing beside it', async () => {
  await withSettings(({ isNamed }) => {
    assert.ok(isNamed(new URL('https://registry.example/npm/x')))
    assert.ok(isNamed(new URL('https://git.example/api/v4/packages/npm/x')))
    assert.ok(!isNamed(new URL('https://git.example/private')))
    assert.ok(!isNamed(new URL('https://other.example/')))
  })
})

test('NPM_CONFIG_REGISTRY wins over the file, and NPM_CONFIG_USERCONFIG names another', async () => {
  await withSettings(
    ({ registries }) => assert.match(registries, /^registry=https:\/\/mine\.example\/$/m),
    { NPM_CONFIG_REGISTRY: 'https://mine.example' },
  )
  await withTemporaryDirectory((home) => {
    writeFiles(home, { 'other': 'registry=https://other.example\n', '.npmrc': FILE })
    const settings = readNpmSettings({ NPM_CONFIG_USERCONFIG: join(home, 'other') }, home)
    assert.equal(settings.registries, 'registry=https://other.example/\n')
    return Promise.resolve()
  })
})

test('a home without a file names nothing', async () => {
  await withTemporaryDirectory((home) => {
    assert.equal(readNpmSettings({}, home).registries, '')
    return Promise.resolve()
  })
})

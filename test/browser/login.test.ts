import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { FORMS, outcomeOf, withHome } from '../harness/phylum.ts'
import { finish, PASSWORD, prepareWorld, SKIP } from './world.ts'

const world = prepareWorld()

/** Waits until a program shows the address that a browser is to open. */
function readAddress(stderr: Readable): Promise<string> {
  let shown = ''
  return new Promise((resolve, reject) => {
    stderr.on('data', (chunk) => {
      shown += chunk
      const address = /http:\/\/\S+\/oidc\/auth\?\S+/.exec(shown)?.[0]
      if (address !== undefined) resolve(address)
    })
    stderr.on('end', () => reject(new Error(`no address was shown: ${shown}`)))
  })
}

for (const form of FORMS) {
  test(
    `phylum auth login by way of a real browser stores a key, and ext run groups works with it [${form}]`,
    { skip: SKIP },
    withHome(async (home) => {
      const environment = { PHYLUM_API_URI: world.url, BROWSER: '/bin/true' }
      const login = home.start(form, ['auth', 'login', '--token-name', `laptop ${form}`], {
        environment,
      })
      const ended = outcomeOf(login)
      const address = readAddress(login.stderr!)
      const page = await world.openAs('Frida')
      await page.goto(await address)
      await page.getByRole('button', { name: 'Allow' }).click()
      assert.deepEqual((await ended).code, 0)
      await page.goto(`${world.url}/tokens`)
      await page.getByRole('link', { name: `laptop ${form}`, exact: true }).waitFor()
      await finish(page)

      const key = /offline_access: (ph0_\S{43})\n/.exec(readFileSync(home.settingsFile, 'utf8'))
        ?.[1]
      assert.ok(key)
      const groups = await home.phylum(form, ['ext', 'run', '-y', 'groups'], { environment })
      assert.deepEqual([groups.code, groups.stdout], [0, '[]\n'], groups.stderr)
      home.assertNoLeak(key, groups.stdout, groups.stderr)
    }),
  )
}

test('phylum auth login by way of somebody who has no account yet', { skip: SKIP }, async () => {
  await withHome(async (home) => {
    const environment = { PHYLUM_API_URI: world.url, BROWSER: '/bin/true' }
    const login = home.start(FORMS[0]!, ['auth', 'login'], { environment })
    const ended = outcomeOf(login)
    const address = readAddress(login.stderr!)
    const page = await world.open()
    await page.goto(await address)
    await page.getByRole('link', { name: 'Create one' }).click()
    await page.getByLabel('Email').fill('grete@example.org')
    await page.getByLabel('Name').fill('Grete')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    assert.equal((await ended).code, 0)
    await finish(page)
    const status = await home.phylum(FORMS[0]!, ['auth', 'status', '--check', '--json'], {
      environment,
    })
    assert.equal(JSON.parse(status.stdout).owner.email, 'grete@example.org')
  })()
})

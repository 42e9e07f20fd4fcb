import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPassword, createPasswordHasher } from '../../src/server/password.ts'
import { cheapPasswords, PASSWORD } from '../harness/pages.ts'

test('hash() says at which cost, and never the same twice', async () => {
  const passwords = createPasswordHasher()
  const hash = await passwords.hash(PASSWORD)
  assert.match(hash, /^\$scrypt\$ln=15,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/)
  assert.ok(await passwords.verify(PASSWORD, hash))
  const cheap = cheapPasswords()
  assert.notEqual(await cheap.hash(PASSWORD), await cheap.hash(PASSWORD))
})

test('verify() takes the cost from the hash, so that a new cost locks nobody out', async () => {
  const hash = await createPasswordHasher({ ln: 3, r: 2, p: 1 }).hash(PASSWORD)
  assert.ok(await cheapPasswords().verify(PASSWORD, hash))
})

test('verify() refuses every other password, and whatever has no hash', async () => {
  const passwords = cheapPasswords()
  const hash = await passwords.hash(PASSWORD)
  for (const other of ['', `${PASSWORD} `, PASSWORD.toUpperCase(), PASSWORD.slice(1), hash]) {
    assert.ok(!await passwords.verify(other, hash), other)
  }
  for (const none of [null, undefined, '', PASSWORD, hash.slice(0, -1), `${hash}A`]) {
    assert.ok(!await passwords.verify(PASSWORD, none), String(none))
  }
})

test('verify() takes a password however the keyboard encodes it', async () => {
  const passwords = cheapPasswords()
  const hash = await passwords.hash('Ärger mit Übergröße'.normalize('NFD'))
  assert.ok(await passwords.verify('Ärger mit Übergröße'.normalize('NFC'), hash))
  assert.ok(await passwords.verify('Ärger mit Übergröße'.replace('fi', 'ﬁ'), hash))
})

test('verify() takes long passwords to their end', async () => {
  const passwords = cheapPasswords()
  const long = 'x'.repeat(1000)
  const hash = await passwords.hash(`${long}a`)
  assert.ok(!await passwords.verify(`${long}b`, hash))
})

test('O203 a flood of passwords waits, and what is too much is told to come again', async () => {
  const passwords = cheapPasswords()
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, () => passwords.verify(PASSWORD, undefined)),
  )
  const refused = results.filter((result) => result.status === 'rejected')
  assert.equal(refused.length, 100 - 2 - 64)
  for (const { reason } of refused) {
    assert.equal(reason.status, 503)
    assert.ok(Number(reason.headers['retry-after']) > 0)
  }
  assert.ok(!await passwords.verify(PASSWORD, undefined), 'later ones are served again')
})

test('checkPassword() asks for length, and for nothing else', () => {
  for (
    const good of [
      PASSWORD,
      'thirty 2 owls',
      'kjhgvbnmloiu',
      '     qwzx    jv',
      '猫が窓から出て行くのを見た日',
    ]
  ) {
    assert.equal(checkPassword(good), undefined, good)
  }
  assert.match(checkPassword('') ?? '', /0 characters, and needs at least 12/)
  assert.match(checkPassword('a') ?? '', /1 character,/)
  assert.match(checkPassword('elevenchars') ?? '', /11 characters/)
  // Six faces are six characters, however many units they take.
  assert.match(checkPassword('😀😃😄😁😆😅') ?? '', /6 characters/)
  assert.match(checkPassword('x1y2z3'.repeat(200)) ?? '', /may have 1024/)
})

test('checkPassword() refuses what anybody would try first', () => {
  for (
    const bad of [
      'password1234',
      'Passw0rd123456',
      '123456789012',
      'aaaaaaaaaaaaaaaa',
      'abababababab',
      'qwertyuiop12',
      'phylumphylum',
      'CorrectHorseBatteryStaple',
    ]
  ) {
    assert.ok(checkPassword(bad), bad)
  }
  const known = ['ann.lovelace@example.org', 'Ann Lovelace']
  for (const bad of ['annlovelace1', 'ann.lovelace@example.org', 'Lovelace Lovelace 1']) {
    assert.ok(checkPassword(bad, known), bad)
  }
  assert.equal(checkPassword('Lovelace keeps nine geese', known), undefined)
})

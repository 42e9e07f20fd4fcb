/** What logs people in and stores credentials: an inner door of this room, opened by `openLogin()`. */
export { readKeyName, removeKeyRecord, writeKeyRecord } from './key_record.ts'
export { discoverKeyService } from './locksmith.ts'
export { assertKeyring } from './keyring.ts'
export { LOGIN_LIMIT, loginByBrowser, loginByDevice } from './login.ts'
export { removeCredential, storeCredential } from './store_credential.ts'

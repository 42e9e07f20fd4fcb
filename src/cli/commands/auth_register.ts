import type { Command } from '../command.ts'
import { LOGIN_OPTIONS, readWish } from './auth_login.ts'

/** `phylum auth register` */
export const authRegister: Command = {
  name: 'auth register',
  summary: 'Make an account in the browser, and store a key of it',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: LOGIN_OPTIONS,
  examples: [['phylum auth register', 'a new account; you are logged in afterwards']],
  async run(context, given) {
    const { loginAndStore } = await import('../login.ts')
    await loginAndStore(context, { ...readWish(given), isRegistration: true })
    return 0
  },
}

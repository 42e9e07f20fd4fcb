/**
 * The terminal: what was typed, what is shown, which exit code follows. Here the rooms are wired together, and here alone
 * the process, its environment and its streams are touched.
 */
export { main } from './main.ts'

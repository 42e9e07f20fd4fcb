/** The few words of the engines that the guest uses; everything else of them is the extension's business. */
declare namespace Deno {
  const args: string[]
  const version: { deno: string }
  const stderr: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean }
  function exit(code: number): never
  function readTextFileSync(path: string): string
  function removeSync(path: string): void
  function createHttpClient(options: { proxy: { transport: 'unix'; path: string } }): unknown
  const errors: { NotCapable: ErrorConstructor }
}

declare namespace Bun {
  interface Build {
    module(
      name: string,
      load: () => { exports: Record<string, unknown>; loader: 'object' },
    ): void
  }
  function plugin(options: { name: string; setup(build: Build): void }): void
}

declare const process: {
  argv: string[]
  env: { BUN_BE_BUN?: string }
  getBuiltinModule(name: 'node:fs'): {
    readFileSync(path: string, encoding: 'utf8'): string
    unlinkSync(path: string): void
    writeSync(descriptor: number, text: string): number
  }
  on(event: 'beforeExit', listener: () => void): void
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): void
  exit(code: number): never
}

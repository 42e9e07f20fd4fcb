/** The few words of the engine that the guest uses; everything else of it is the extension's business. */
declare namespace Deno {
  const args: string[]
  const version: { deno: string }
  const stderr: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean }
  function exit(code: number): never
  function readTextFileSync(path: string): string
  function removeSync(path: string): void
  function createHttpClient(options: { proxy: { transport: 'unix'; path: string } }): unknown
  function addSignalListener(name: 'SIGPIPE', listener: () => void): void
  const errors: { BrokenPipe: ErrorConstructor; NotCapable: ErrorConstructor }
}

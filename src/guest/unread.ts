import { EXIT_UNREAD } from '#protocol'

/**
 * Ends the extension when nobody reads its output any more (`| head -1`), without a word, as the system would end any program.
 * The engine ignores the signal that it is sent then, and its `console.log` the error: a loop that prints would go on for ever.
 */
export function endWithReader(): void {
  Deno.addSignalListener('SIGPIPE', () => Deno.exit(EXIT_UNREAD))
}

/** Answers whether an error may be that of writing to a reader who has gone. */
export function isUnread(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe
}

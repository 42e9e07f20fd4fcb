import type { Argument, Call, System } from './system.ts'
import type { Failure, Layer } from './task.ts'

/** A layer that cannot be put up. */
export class Fault extends Error implements Failure {
  readonly layer: Layer
  readonly act: string
  readonly errno: number

  constructor(layer: Layer, act: string, errno: number) {
    super(`${act}: error ${errno}`)
    this.layer = layer
    this.act = act
    this.errno = errno
  }
}

/** Makes a system call that must succeed: a layer that is not there ends the run, whatever the reason. */
export function must(
  system: System,
  layer: Layer,
  subject: string,
  name: Call,
  ...args: Argument[]
): number {
  const result = system.call(name, ...args)
  if (result >= 0) return result
  throw new Fault(layer, subject === '' ? name : `${name} of ${subject}`, -result)
}

/** What may go wrong with a request, and how likely it is, from 0 to 1. */
export type Fault =
  /** The request is refused with a status, and not carried out. */
  | { kind: 'status'; probability: number; status: number; retryAfter?: number }
  /** The request is refused as one whose credential has expired. */
  | { kind: 'expire'; probability: number }
  /** The request is carried out, and the connection cut in the middle of the answer's body. */
  | { kind: 'cut'; probability: number }
  /** The request is carried out, and the answer's body is not what its type says. */
  | { kind: 'garbage'; probability: number }
  /** The request waits before anything is done. */
  | { kind: 'slow'; probability: number; milliseconds: number }

/** The faults of a server that somebody asked for, and what chance begins with. */
export interface FaultPlan {
  /** Each kind once, each status once. The probabilities of all but "slow" add up to 1 at most: a request meets one. */
  faults: readonly Fault[]
  /** The same seed gives the same requests the same faults. */
  seed: number
}

/** Names a fault as the answer and the log do. */
export function nameFault(fault: Fault): string {
  return fault.kind === 'status' ? String(fault.status) : fault.kind
}

/**
 * What host and guest agree on: where the broker is, the header names, the description of a run, the shape of an error.
 * Constants and types only, so that the guest can take them along; versioned by `PROTOCOL_VERSION`.
 */
export {
  ANSWER_PIPE,
  BROKER_ORIGIN,
  CALL_PATH,
  CALL_PIPE,
  CAPABILITY_HEADER,
  DESTINATION_HEADER,
  EGRESS_PATH,
  ERROR_HEADER,
  EXIT_UNCAUGHT,
  EXIT_UNREAD,
  MAX_CALL,
  MAX_REQUESTS,
  OWN_HEADERS,
  PLACEHOLDER_PREFIX,
  PROTOCOL_VERSION,
  RUN_FILE,
  STATUS_CODES,
} from './constants.ts'
export type { Call, CallAnswer, RunDescription, WireError } from './messages.ts'
export { OPERATIONS } from './operations.generated.ts'
export type {
  CallOptions,
  EvaluatedDependency,
  Evaluation,
  GroupList,
  Operations,
  PackageDetails,
  ProjectEntry,
  RawEvaluation,
  Rejection,
  RejectionSource,
} from './operations.generated.ts'

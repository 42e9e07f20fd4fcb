/** Raised with every change that an older guest or host would misunderstand. */
export const PROTOCOL_VERSION = 1

/**
 * The origin under which the guest addresses the broker. The top-level domain `invalid` can never be resolved
 * (RFC 2606, section 2), so a request that misses the socket goes nowhere.
 */
export const BROKER_ORIGIN = 'http://phylum-broker.invalid'

/** Request header with the capability of this run: the proof that a request comes from its guest. */
export const CAPABILITY_HEADER = 'phylum-capability'

/** Response header that marks an answer as the broker's own; its value is the error code. */
export const ERROR_HEADER = 'phylum-error'

/** Name of the file in the run directory that describes the run to the guest. */
export const RUN_FILE = 'run.json'

/** Exit code of an extension that ended with an uncaught error. */
export const EXIT_UNCAUGHT = 16

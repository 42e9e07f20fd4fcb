/** Raised with every change that an older guest or host would misunderstand. */
export const PROTOCOL_VERSION = 3

/**
 * The origin under which the guest addresses the broker; the request itself goes to the socket. The engine wants to be
 * allowed to reach this host, so it is one that leads nowhere: an address of this machine's own loopback network (RFC 1122,
 * section 3.2.1.3) with a port that nothing is assigned to and only root could open. Not a name, not even one that cannot
 * exist: the engine asks the name server about it at each run.
 */
export const BROKER_ORIGIN = 'http://127.255.255.254:6'

/** Request header with the capability of this run: the proof that a request comes from its guest. */
export const CAPABILITY_HEADER = 'phylum-capability'

/** Where the guest sends what is meant for another host than the API; the host sends it on, without a credential. */
export const EGRESS_PATH = '/egress'

/** Names of the two pipes in the run's scratch directory by which a guest asks its host, and waits for the answer. */
export const CALL_PIPE = 'call'
export const ANSWER_PIPE = 'answer'

/** Where a guest asks the same without waiting. */
export const CALL_PATH = '/call'

/** Longest question to the host, in bytes. */
export const MAX_CALL = 1024 * 1024

/** Request header with the URL that such a request is for. */
export const DESTINATION_HEADER = 'phylum-destination'

/**
 * What the access tokens that extensions are given begin with. Such a token stands for the credential in one run, and for nothing
 * anywhere else; no key and no token of any API begins so.
 */
export const PLACEHOLDER_PREFIX = 'phylum-placeholder_'

/** What the names of all headers between guest and broker begin with; none of them goes any further. */
export const OWN_HEADERS = 'phylum-'

/** Response header that marks an answer as the broker's own; its value is the error code. */
export const ERROR_HEADER = 'phylum-error'

/** How many requests of one run are on their way to the API at once; the guest holds back the others. */
export const MAX_REQUESTS = 64

/** Name of the file in the run directory that describes the run to the guest. */
export const RUN_FILE = 'run.json'

/** Exit code of an extension that ended with an uncaught error. */
export const EXIT_UNCAUGHT = 16

/** Exit code of an extension whose output nobody reads any more: 128 and the number of SIGPIPE, as shells tell it. */
export const EXIT_UNREAD = 141

/** What the API means by a status, as an `ErrorCode`; every other refusal is `ERR_API_STATUS`. */
export const STATUS_CODES = {
  401: 'ERR_AUTH_FAILED',
  403: 'ERR_API_FORBIDDEN',
  404: 'ERR_API_NOT_FOUND',
  409: 'ERR_API_EXISTS',
  429: 'ERR_API_RATE_LIMITED',
} as const

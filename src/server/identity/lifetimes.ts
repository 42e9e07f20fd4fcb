/** How long an access token is good, in seconds. */
export const ACCESS_TOKEN_SECONDS = 360

/** How long an ID token is good, in seconds: it says who signed in, once. */
export const ID_TOKEN_SECONDS = 360

/**
 * How long a code waits for its program, in seconds. A program fetches it at once; the rest is for servers on one
 * database whose clocks are two minutes apart. RFC 6749, section 4.1.2, allows ten minutes.
 */
export const CODE_SECONDS = 180

/** How long a device waits for somebody to type its code, in seconds. */
export const DEVICE_CODE_SECONDS = 600

/** How long somebody has to sign in and to agree, in seconds. */
export const INTERACTION_SECONDS = 1800

/** How long a refresh token is good that is not used, in seconds; each use brings a new one. */
export const REFRESH_TOKEN_SECONDS = 30 * 86_400

/** How long a login lasts that is used all the time, in seconds. */
export const LOGIN_SECONDS = 365 * 86_400

/** How long what a key was made from is remembered, in seconds: whoever shows it again ends the key. */
export const KEY_GRANT_SECONDS = 2 * DEVICE_CODE_SECONDS

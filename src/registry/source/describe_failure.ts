/**
 * Says in words why a server was not reached, or not understood: each platform words it differently, none in a way for users.
 */
export function describeFailure(error: unknown): string {
  const text = gatherText(error)
  const found = SENTENCES.find(([pattern]) => pattern.test(text))
  return found?.[1] ?? 'the connection failed'
}

// From the most telling to the least: a failed handshake often speaks of a closed connection too.
const SENTENCES: readonly [RegExp, string][] = [
  [
    /ENOTFOUND|EAI_AGAIN|dns error|failed to lookup|getaddrinfo|DNSException|Could not resolve host/i,
    'no address is known for this host',
  ],
  [
    /certificate|CERT_|TLS|SSL|handshake|UNABLE_TO_VERIFY|SELF_SIGNED/i,
    'its TLS certificate is not trusted',
  ],
  [
    /ECONNREFUSED|ConnectionRefused|connection refused|Failed to connect|Couldn't connect/i,
    'it refused the connection',
  ],
  [/ETIMEDOUT|timed out|Timeout/i, 'it did not answer in time'],
  [
    /Malformed|invalid HTTP|HPE_|parse|InvalidHTTPResponse|Decompression|ZlibError/i,
    'it does not speak HTTP as it should',
  ],
]

/** Collects names, codes and messages along the chain of causes; used to classify, never shown. */
function gatherText(error: unknown): string {
  const parts: string[] = []
  let link: unknown = error
  for (let depth = 0; depth < 5 && link instanceof Error; depth++) {
    parts.push(link.name, link.message, 'code' in link ? String(link.code) : '')
    link = link.cause
  }
  // Whoever chose the URL would choose the answer.
  return parts.join(' ').replace(/https?:\/\/\S+/g, '')
}

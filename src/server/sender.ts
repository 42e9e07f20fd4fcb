/**
 * Tells who sends a request, for counting what each may do.
 *
 * Behind a load balancer every request comes from its address, and the one that it saw stands last in
 * `X-Forwarded-For`. What stands before that was the sender's to write; and where no load balancer is, all of it is.
 *
 * @param address of the other end of the connection
 */
export function senderOf(request: Request, address: string, isBehindBalancer: boolean): string {
  if (!isBehindBalancer) return address
  return request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() || address
}

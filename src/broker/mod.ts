/**
 * The one road out: takes a guest's request from the run's socket, checks who asks and for what, attaches the credential,
 * sends, and scrubs the credential out of what comes back. With the credential it talks to one origin, and without it to the hosts
 * of the manifest's `net`; it follows no redirect, keeps nothing on disk, and never learns where the credential came from.
 */
export { assertCapability } from './authorize.ts'
export type { Grant } from './authorize.ts'
export { startBroker } from './broker.ts'
export type { Broker, BrokerOptions } from './broker.ts'
export { describeTransportError, wireError } from './failure.ts'
export { startModuleRelay } from './module_relay_door.ts'
export type { ModuleAccess, ModuleRelay, ModuleRelayOptions } from './module_relay.ts'
export type { AnswerCall } from './pass_call.ts'
export { createSend } from './send.ts'
export type { Outgoing, Send, SendOptions } from './send.ts'
export { parseTarget } from './target.ts'
export type { Target } from './target.ts'

import { archive } from './archives.ts'
import { brokerSocket } from './broker_socket.ts'
import { calls, lines } from './calls.ts'
import { commandLine } from './command_lines.ts'
import { consent } from './consents.ts'
import { displayed } from './displayed.ts'
import { endpointCover, endpointMatcher } from './endpoints.ts'
import { manifest } from './manifests.ts'
import { netCover, netHost } from './net_hosts.ts'
import { manifestPath } from './paths.ts'
import { guestTarget, requestTarget } from './request_targets.ts'
import { judgedPackage, policyFile } from './policies.ts'
import { scrubbed } from './scrubbed.ts'
import { apiUri, settings } from './settings.ts'
import { terminalOutput } from './terminal_output.ts'
import type { Target } from './target.ts'

/** Everything that is fed. */
export const TARGETS: readonly Target[] = [
  apiUri,
  archive,
  brokerSocket,
  calls,
  commandLine,
  consent,
  displayed,
  endpointCover,
  endpointMatcher,
  guestTarget,
  judgedPackage,
  lines,
  manifest,
  manifestPath,
  netCover,
  netHost,
  policyFile,
  requestTarget,
  scrubbed,
  settings,
  terminalOutput,
]

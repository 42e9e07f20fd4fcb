import type { Command } from './command.ts'
import { authSetToken } from './commands/auth_set_token.ts'
import { authStatus } from './commands/auth_status.ts'
import { authToken } from './commands/auth_token.ts'
import { extensionList } from './commands/extension_list.ts'
import { extensionRun } from './commands/extension_run.ts'
import { groupCreate } from './commands/group_create.ts'
import { groupDelete } from './commands/group_delete.ts'
import { groupList } from './commands/group_list.ts'
import { sandbox } from './commands/sandbox.ts'
import { serverExec } from './commands/server_exec.ts'
import { serverStart } from './commands/server_start.ts'

/** Every command: dispatch, help and suggestions are made from this list. */
export const COMMANDS: readonly Command[] = [
  extensionRun,
  extensionList,
  sandbox,
  authSetToken,
  authToken,
  authStatus,
  groupList,
  groupCreate,
  groupDelete,
  serverStart,
  serverExec,
]

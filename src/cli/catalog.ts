import type { Command } from './command.ts'
import { authCreateToken } from './commands/auth_create_token.ts'
import { authExplain } from './commands/auth_explain.ts'
import { authListTokens } from './commands/auth_list_tokens.ts'
import { authLogin } from './commands/auth_login.ts'
import { authLogout } from './commands/auth_logout.ts'
import { authRegister } from './commands/auth_register.ts'
import { authRevokeToken } from './commands/auth_revoke_token.ts'
import { authSetToken } from './commands/auth_set_token.ts'
import { authStatus } from './commands/auth_status.ts'
import { authToken } from './commands/auth_token.ts'
import { extensionCheck } from './commands/extension_check.ts'
import { completion } from './commands/completion.ts'
import { extensionInfo } from './commands/extension_info.ts'
import { extensionInstall } from './commands/extension_install.ts'
import { extensionList } from './commands/extension_list.ts'
import { extensionNew } from './commands/extension_new.ts'
import { extensionRun } from './commands/extension_run.ts'
import { extensionPack } from './commands/extension_pack.ts'
import { extensionRollback } from './commands/extension_rollback.ts'
import { extensionSync } from './commands/extension_sync.ts'
import { extensionUninstall } from './commands/extension_uninstall.ts'
import { extensionUpdate } from './commands/extension_update.ts'
import { extensionTest } from './commands/extension_test.ts'
import { groupCreate } from './commands/group_create.ts'
import { groupDelete } from './commands/group_delete.ts'
import { groupList } from './commands/group_list.ts'
import { sandbox } from './commands/sandbox.ts'
import { serverExec } from './commands/server_exec.ts'
import { serverExport } from './commands/server_export.ts'
import { serverImport } from './commands/server_import.ts'
import { serverRotateKeys } from './commands/server_rotate_keys.ts'
import { serverStart } from './commands/server_start.ts'
import { trustAdd } from './commands/trust_add.ts'
import { trustExplain } from './commands/trust_explain.ts'
import { trustList } from './commands/trust_list.ts'
import { trustRemove } from './commands/trust_remove.ts'
import { groupMemberList } from './commands/group_member_list.ts'
import { groupMemberAdd } from './commands/group_member_add.ts'
import { groupMemberRemove } from './commands/group_member_remove.ts'
import { history } from './commands/history.ts'
import { init } from './commands/init.ts'
import { orgCreate } from './commands/org_create.ts'
import { orgDelete } from './commands/org_delete.ts'
import { orgLink } from './commands/org_link.ts'
import { orgList } from './commands/org_list.ts'
import { orgMemberAdd } from './commands/org_member_add.ts'
import { orgMemberList } from './commands/org_member_list.ts'
import { orgMemberRemove } from './commands/org_member_remove.ts'
import { orgUnlink } from './commands/org_unlink.ts'
import { ping } from './commands/ping.ts'
import { projectCreate } from './commands/project_create.ts'
import { projectDelete } from './commands/project_delete.ts'
import { projectLink } from './commands/project_link.ts'
import { projectList } from './commands/project_list.ts'
import { projectStatus } from './commands/project_status.ts'
import { projectUpdate } from './commands/project_update.ts'
import { status } from './commands/status.ts'

/**
 * Every command, in the order in which lists show them. `catalog.generated.ts` is made from this: what commands say of themselves, from which
 * dispatch, help and suggestions are made, without what they need to run.
 */
export const COMMANDS: readonly Command[] = [
  extensionRun,
  extensionInstall,
  extensionUpdate,
  extensionRollback,
  extensionUninstall,
  extensionList,
  extensionInfo,
  extensionNew,
  extensionSync,
  extensionPack,
  trustAdd,
  trustList,
  trustRemove,
  trustExplain,
  extensionCheck,
  extensionTest,
  sandbox,
  authLogin,
  authRegister,
  authLogout,
  authStatus,
  authExplain,
  authToken,
  authSetToken,
  authListTokens,
  authCreateToken,
  authRevokeToken,
  groupList,
  groupCreate,
  groupDelete,
  groupMemberList,
  groupMemberAdd,
  groupMemberRemove,
  init,
  status,
  ping,
  projectList,
  projectCreate,
  projectUpdate,
  projectDelete,
  projectLink,
  projectStatus,
  history,
  orgList,
  orgCreate,
  orgDelete,
  orgLink,
  orgUnlink,
  orgMemberList,
  orgMemberAdd,
  orgMemberRemove,
  serverStart,
  serverExec,
  serverExport,
  serverImport,
  serverRotateKeys,
  completion,
]

import type { Handler, Handlers } from '@plexus/http';
import type { OperationKey } from '@plexus/routes';
import { changePassword } from './api/account/change-password.ts';
import { checkUsernameAvailability } from './api/account/check-username-availability.ts';
import { deactivateAccount } from './api/account/deactivate-account.ts';
import { getAccount3PIDs } from './api/account/get-account-3pids.ts';
import { register } from './api/account/register.ts';
import { registrationTokenValidity } from './api/account/registration-token-validity.ts';
import { deleteRoomTag } from './api/account-data/delete-room-tag.ts';
import { getAccountData } from './api/account-data/get-account-data.ts';
import { getAccountDataPerRoom } from './api/account-data/get-account-data-per-room.ts';
import { getRoomTags } from './api/account-data/get-room-tags.ts';
import { setAccountData } from './api/account-data/set-account-data.ts';
import { setAccountDataPerRoom } from './api/account-data/set-account-data-per-room.ts';
import { setRoomTag } from './api/account-data/set-room-tag.ts';
import { deleteDevice } from './api/devices/delete-device.ts';
import { deleteDevices } from './api/devices/delete-devices.ts';
import { getDevice } from './api/devices/get-device.ts';
import { getDevices } from './api/devices/get-devices.ts';
import { updateDevice } from './api/devices/update-device.ts';
import { ban } from './api/membership/ban.ts';
import { forgetRoom } from './api/membership/forget-room.ts';
import { getJoinedRooms } from './api/membership/get-joined-rooms.ts';
import { inviteUser } from './api/membership/invite-user.ts';
import { joinRoom } from './api/membership/join-room.ts';
import { kick } from './api/membership/kick.ts';
import { knockRoom } from './api/membership/knock-room.ts';
import { leaveRoom } from './api/membership/leave-room.ts';
import { unban } from './api/membership/unban.ts';
import { getStatistics } from './api/plexus-admin/get-statistics.ts';
import { deletePushRule } from './api/push/delete-push-rule.ts';
import { getPushRule } from './api/push/get-push-rule.ts';
import { getPushRuleActions } from './api/push/get-push-rule-actions.ts';
import { getPushRules } from './api/push/get-push-rules.ts';
import { getPushRulesGlobal } from './api/push/get-push-rules-global.ts';
import { getPushers } from './api/push/get-pushers.ts';
import { isPushRuleEnabled } from './api/push/is-push-rule-enabled.ts';
import { postPusher } from './api/push/post-pusher.ts';
import { setPushRule } from './api/push/set-push-rule.ts';
import { setPushRuleActions } from './api/push/set-push-rule-actions.ts';
import { setPushRuleEnabled } from './api/push/set-push-rule-enabled.ts';
import { postReceipt } from './api/room-events/post-receipt.ts';
import { redactEvent } from './api/room-events/redact-event.ts';
import { sendMessage } from './api/room-events/send-message.ts';
import { setReadMarker } from './api/room-events/set-read-marker.ts';
import { setRoomStateWithKey } from './api/room-events/set-room-state-with-key.ts';
import { setTyping } from './api/room-events/set-typing.ts';
import { createRoom } from './api/rooms/create-room.ts';
import { deleteRoomAlias } from './api/rooms/delete-room-alias.ts';
import { getPublicRooms } from './api/rooms/get-public-rooms.ts';
import { getRoomIdByAlias } from './api/rooms/get-room-id-by-alias.ts';
import { getRoomSummary } from './api/rooms/get-room-summary.ts';
import { getRoomVisibilityOnDirectory } from './api/rooms/get-room-visibility-on-directory.ts';
import { getSpaceHierarchy } from './api/rooms/get-space-hierarchy.ts';
import { queryPublicRooms } from './api/rooms/query-public-rooms.ts';
import { setRoomAlias } from './api/rooms/set-room-alias.ts';
import { setRoomVisibilityOnDirectory } from './api/rooms/set-room-visibility-on-directory.ts';
import { updateAppserviceRoomDirectoryVisibility } from './api/rooms/update-appservice-room-directory-visibility.ts';
import { upgradeRoom } from './api/rooms/upgrade-room.ts';
import { getCapabilities } from './api/server/get-capabilities.ts';
import { getTurnServer } from './api/server/get-turn-server.ts';
import { getVersions } from './api/server/get-versions.ts';
import { getWellKnownServer } from './api/server/get-well-known-server.ts';
import { getWellknown } from './api/server/get-wellknown.ts';
import { getWellknownSupport } from './api/server/get-wellknown-support.ts';
import { getLoginFlows } from './api/session/get-login-flows.ts';
import { getTokenOwner } from './api/session/get-token-owner.ts';
import { login } from './api/session/login.ts';
import { logout } from './api/session/logout.ts';
import { logoutAll } from './api/session/logout-all.ts';
import { blockRoom, getRoomBlock } from './api/synapse-admin/block-room.ts';
import { deleteRoom } from './api/synapse-admin/delete-room.ts';
import { deleteStatusById, deleteStatusByRoom } from './api/synapse-admin/delete-room-status.ts';
import { purgeHistory, purgeHistoryStatus } from './api/synapse-admin/purge-history.ts';
import { sharedSecretRegister } from './api/synapse-admin/shared-secret-register.ts';
import { sharedSecretRegisterNonce } from './api/synapse-admin/shared-secret-register-nonce.ts';
import { deleteProfileField } from './api/users/delete-profile-field.ts';
import { getProfileField } from './api/users/get-profile-field.ts';
import { getUserProfile } from './api/users/get-user-profile.ts';
import { setProfileField } from './api/users/set-profile-field.ts';
import type { ClientapiContext } from './context.ts';

/** Every operation that this service answers, and what makes its handler. */
const factories = {
  'client.getAccountDataPerRoom': getAccountDataPerRoom,
  'client.getRoomTags': getRoomTags,
  'client.setRoomTag': setRoomTag,
  'client.deleteRoomTag': deleteRoomTag,
  'client.getAccountData': getAccountData,
  'client.setAccountDataPerRoom': setAccountDataPerRoom,
  'client.setAccountData': setAccountData,
  'client.changePassword': changePassword,
  'client.deactivateAccount': deactivateAccount,
  'client.getAccount3PIDs': getAccount3PIDs,
  'client.checkUsernameAvailability': checkUsernameAvailability,
  'client.register': register,
  'client.registrationTokenValidity': registrationTokenValidity,
  'client.deleteDevice': deleteDevice,
  'client.deleteDevices': deleteDevices,
  'client.getDevice': getDevice,
  'client.getDevices': getDevices,
  'client.updateDevice': updateDevice,
  'client.ban': ban,
  'client.forgetRoom': forgetRoom,
  'client.getJoinedRooms': getJoinedRooms,
  'client.inviteUser': inviteUser,
  'client.joinRoom': joinRoom,
  'client.joinRoomById': joinRoom,
  'client.kick': kick,
  'client.knockRoom': knockRoom,
  'client.leaveRoom': leaveRoom,
  'client.unban': unban,
  'client.deletePushRule': deletePushRule,
  'client.getPushRuleActions': getPushRuleActions,
  'client.getPushRule': getPushRule,
  'client.getPushers': getPushers,
  'client.postPusher': postPusher,
  'client.getPushRulesGlobal': getPushRulesGlobal,
  'client.getPushRules': getPushRules,
  'client.isPushRuleEnabled': isPushRuleEnabled,
  'client.setPushRuleActions': setPushRuleActions,
  'client.setPushRuleEnabled': setPushRuleEnabled,
  'client.setPushRule': setPushRule,
  'client.postReceipt': postReceipt,
  'client.redactEvent': redactEvent,
  'client.sendMessage': sendMessage,
  'client.setReadMarker': setReadMarker,
  'client.setRoomStateWithKey': setRoomStateWithKey,
  'client.setTyping': setTyping,
  'client.createRoom': createRoom,
  'client.deleteRoomAlias': deleteRoomAlias,
  'client.getRoomIdByAlias': getRoomIdByAlias,
  'client.getRoomVisibilityOnDirectory': getRoomVisibilityOnDirectory,
  'client.setRoomAlias': setRoomAlias,
  'client.setRoomVisibilityOnDirectory': setRoomVisibilityOnDirectory,
  'client.getPublicRooms': getPublicRooms,
  'client.queryPublicRooms': queryPublicRooms,
  'client.updateAppserviceRoomDirectoryVisibility': updateAppserviceRoomDirectoryVisibility,
  'client.upgradeRoom': upgradeRoom,
  'client.getRoomSummary': getRoomSummary,
  'client.getSpaceHierarchy': getSpaceHierarchy,
  'client.getCapabilities': getCapabilities,
  'client.getTurnServer': getTurnServer,
  'client.getVersions': getVersions,
  'federation.getWellKnown': getWellKnownServer,
  'client.getWellknown': getWellknown,
  'client.getWellknownSupport': getWellknownSupport,
  'client.getLoginFlows': getLoginFlows,
  'client.getTokenOwner': getTokenOwner,
  'client.login': login,
  'client.logout_all': logoutAll,
  'client.logout': logout,
  'admin.blockRoom': blockRoom,
  'admin.deleteRoom': deleteRoom,
  'admin.deleteStatusById': deleteStatusById,
  'admin.deleteStatusByRoom': deleteStatusByRoom,
  'admin.getRoomBlock': getRoomBlock,
  'admin.purgeHistory': purgeHistory,
  'admin.purgeHistoryStatus': purgeHistoryStatus,
  'admin.getStatistics': getStatistics,
  'admin.sharedSecretRegisterNonce': sharedSecretRegisterNonce,
  'admin.sharedSecretRegister': sharedSecretRegister,
  'client.deleteProfileField': deleteProfileField,
  'client.getProfileField': getProfileField,
  'client.getUserProfile': getUserProfile,
  'client.setProfileField': setProfileField,
} satisfies Partial<Record<OperationKey, (context: ClientapiContext) => Handler>>;

/** The operations that this service answers. */
export const handledOperations: readonly string[] = Object.keys(factories);

export function handlersOf(context: ClientapiContext): Handlers {
  return Object.fromEntries(Object.entries(factories).map(([key, factory]) => [key, factory(context)]));
}

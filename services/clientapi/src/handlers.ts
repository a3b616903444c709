import type { Handlers } from '@plexus/http';
import { changePassword } from './api/account/change-password.ts';
import { checkUsernameAvailability } from './api/account/check-username-availability.ts';
import { register } from './api/account/register.ts';
import { registrationTokenValidity } from './api/account/registration-token-validity.ts';
import { getAccountData } from './api/account-data/get-account-data.ts';
import { getAccountDataPerRoom } from './api/account-data/get-account-data-per-room.ts';
import { setAccountData } from './api/account-data/set-account-data.ts';
import { setAccountDataPerRoom } from './api/account-data/set-account-data-per-room.ts';
import { deleteDevice } from './api/devices/delete-device.ts';
import { deleteDevices } from './api/devices/delete-devices.ts';
import { getDevice } from './api/devices/get-device.ts';
import { getDevices } from './api/devices/get-devices.ts';
import { updateDevice } from './api/devices/update-device.ts';
import { ban } from './api/membership/ban.ts';
import { getJoinedRooms } from './api/membership/get-joined-rooms.ts';
import { inviteUser } from './api/membership/invite-user.ts';
import { joinRoom } from './api/membership/join-room.ts';
import { kick } from './api/membership/kick.ts';
import { leaveRoom } from './api/membership/leave-room.ts';
import { unban } from './api/membership/unban.ts';
import { deletePushRule } from './api/push/delete-push-rule.ts';
import { getPushRule } from './api/push/get-push-rule.ts';
import { getPushRuleActions } from './api/push/get-push-rule-actions.ts';
import { getPushRules } from './api/push/get-push-rules.ts';
import { getPushRulesGlobal } from './api/push/get-push-rules-global.ts';
import { isPushRuleEnabled } from './api/push/is-push-rule-enabled.ts';
import { setPushRule } from './api/push/set-push-rule.ts';
import { setPushRuleActions } from './api/push/set-push-rule-actions.ts';
import { setPushRuleEnabled } from './api/push/set-push-rule-enabled.ts';
import { getJoinedMembersByRoom } from './api/room-events/get-joined-members-by-room.ts';
import { getMembersByRoom } from './api/room-events/get-members-by-room.ts';
import { getOneRoomEvent } from './api/room-events/get-one-room-event.ts';
import { getRoomState } from './api/room-events/get-room-state.ts';
import { getRoomStateWithKey } from './api/room-events/get-room-state-with-key.ts';
import { postReceipt } from './api/room-events/post-receipt.ts';
import { redactEvent } from './api/room-events/redact-event.ts';
import { sendMessage } from './api/room-events/send-message.ts';
import { setReadMarker } from './api/room-events/set-read-marker.ts';
import { setRoomStateWithKey } from './api/room-events/set-room-state-with-key.ts';
import { setTyping } from './api/room-events/set-typing.ts';
import { createRoom } from './api/rooms/create-room.ts';
import { deleteRoomAlias } from './api/rooms/delete-room-alias.ts';
import { getLocalAliases } from './api/rooms/get-local-aliases.ts';
import { getRoomIdByAlias } from './api/rooms/get-room-id-by-alias.ts';
import { getRoomVisibilityOnDirectory } from './api/rooms/get-room-visibility-on-directory.ts';
import { setRoomAlias } from './api/rooms/set-room-alias.ts';
import { setRoomVisibilityOnDirectory } from './api/rooms/set-room-visibility-on-directory.ts';
import { getCapabilities } from './api/server/get-capabilities.ts';
import { getVersions } from './api/server/get-versions.ts';
import { getWellKnownServer } from './api/server/get-well-known-server.ts';
import { getWellknown } from './api/server/get-wellknown.ts';
import { getLoginFlows } from './api/session/get-login-flows.ts';
import { getTokenOwner } from './api/session/get-token-owner.ts';
import { login } from './api/session/login.ts';
import { logout } from './api/session/logout.ts';
import { logoutAll } from './api/session/logout-all.ts';
import { sharedSecretRegister } from './api/synapse-admin/shared-secret-register.ts';
import { sharedSecretRegisterNonce } from './api/synapse-admin/shared-secret-register-nonce.ts';
import { deleteProfileField } from './api/users/delete-profile-field.ts';
import { getProfileField } from './api/users/get-profile-field.ts';
import { getUserProfile } from './api/users/get-user-profile.ts';
import { setProfileField } from './api/users/set-profile-field.ts';
import type { ClientapiContext } from './context.ts';

/** Every operation that this service answers. */
export function handlersOf(context: ClientapiContext): Handlers {
  return {
    'client.getAccountDataPerRoom': getAccountDataPerRoom(context),
    'client.getAccountData': getAccountData(context),
    'client.setAccountDataPerRoom': setAccountDataPerRoom(context),
    'client.setAccountData': setAccountData(context),
    'client.changePassword': changePassword(context),
    'client.checkUsernameAvailability': checkUsernameAvailability(context),
    'client.register': register(context),
    'client.registrationTokenValidity': registrationTokenValidity(context),
    'client.deleteDevice': deleteDevice(context),
    'client.deleteDevices': deleteDevices(context),
    'client.getDevice': getDevice(context),
    'client.getDevices': getDevices(context),
    'client.updateDevice': updateDevice(context),
    'client.ban': ban(context),
    'client.getJoinedRooms': getJoinedRooms(context),
    'client.inviteUser': inviteUser(context),
    'client.joinRoom': joinRoom(context),
    'client.joinRoomById': joinRoom(context),
    'client.kick': kick(context),
    'client.leaveRoom': leaveRoom(context),
    'client.unban': unban(context),
    'client.deletePushRule': deletePushRule(context),
    'client.getPushRuleActions': getPushRuleActions(context),
    'client.getPushRule': getPushRule(context),
    'client.getPushRulesGlobal': getPushRulesGlobal(context),
    'client.getPushRules': getPushRules(context),
    'client.isPushRuleEnabled': isPushRuleEnabled(context),
    'client.setPushRuleActions': setPushRuleActions(context),
    'client.setPushRuleEnabled': setPushRuleEnabled(context),
    'client.setPushRule': setPushRule(context),
    'client.getJoinedMembersByRoom': getJoinedMembersByRoom(context),
    'client.getMembersByRoom': getMembersByRoom(context),
    'client.getOneRoomEvent': getOneRoomEvent(context),
    'client.getRoomStateWithKey': getRoomStateWithKey(context),
    'client.getRoomState': getRoomState(context),
    'client.postReceipt': postReceipt(context),
    'client.redactEvent': redactEvent(context),
    'client.sendMessage': sendMessage(context),
    'client.setReadMarker': setReadMarker(context),
    'client.setRoomStateWithKey': setRoomStateWithKey(context),
    'client.setTyping': setTyping(context),
    'client.createRoom': createRoom(context),
    'client.deleteRoomAlias': deleteRoomAlias(context),
    'client.getLocalAliases': getLocalAliases(context),
    'client.getRoomIdByAlias': getRoomIdByAlias(context),
    'client.getRoomVisibilityOnDirectory': getRoomVisibilityOnDirectory(context),
    'client.setRoomAlias': setRoomAlias(context),
    'client.setRoomVisibilityOnDirectory': setRoomVisibilityOnDirectory(context),
    'client.getCapabilities': getCapabilities(context),
    'client.getVersions': getVersions(),
    'federation.getWellKnown': getWellKnownServer(context),
    'client.getWellknown': getWellknown(context),
    'client.getLoginFlows': getLoginFlows(),
    'client.getTokenOwner': getTokenOwner(),
    'client.login': login(context),
    'client.logout_all': logoutAll(context),
    'client.logout': logout(context),
    'admin.sharedSecretRegisterNonce': sharedSecretRegisterNonce(context),
    'admin.sharedSecretRegister': sharedSecretRegister(context),
    'client.deleteProfileField': deleteProfileField(context),
    'client.getProfileField': getProfileField(context),
    'client.getUserProfile': getUserProfile(context),
    'client.setProfileField': setProfileField(context),
  };
}

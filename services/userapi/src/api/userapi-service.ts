import type { UserapiService } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../context.ts';
import { deleteRoomData } from './account-data/delete-room-data.ts';
import { getAccountData } from './account-data/get-account-data.ts';
import { setAccountData } from './account-data/set-account-data.ts';
import { checkUsername } from './accounts/check-username.ts';
import { deactivateAccount } from './accounts/deactivate-account.ts';
import { listAccounts } from './accounts/list-accounts.ts';
import { register } from './accounts/register.ts';
import { setAdministrator } from './accounts/set-administrator.ts';
import { setPassword } from './accounts/set-password.ts';
import { verifyPassword } from './accounts/verify-password.ts';
import { getDevices } from './devices/get-devices.ts';
import { updateDevice } from './devices/update-device.ts';
import { readLog } from './log/read-log.ts';
import { getProfiles } from './profiles/get-profiles.ts';
import { setProfileField } from './profiles/set-profile-field.ts';
import { deletePusher } from './pushers/delete-pusher.ts';
import { getPushers } from './pushers/get-pushers.ts';
import { setPusher } from './pushers/set-pusher.ts';
import { checkRegistrationToken } from './registration-tokens/check-registration-token.ts';
import { createRegistrationToken } from './registration-tokens/create-registration-token.ts';
import { listRegistrationTokens } from './registration-tokens/list-registration-tokens.ts';
import { revokeRegistrationToken } from './registration-tokens/revoke-registration-token.ts';
import { checkMasquerade } from './sessions/check-masquerade.ts';
import { createSession } from './sessions/create-session.ts';
import { endSessions } from './sessions/end-sessions.ts';
import { introspect } from './sessions/introspect.ts';
import { loginPassword } from './sessions/login-password.ts';
import { getStatistics } from './statistics/get-statistics.ts';
import { recordActivity } from './statistics/record-activity.ts';
import { getThirdPartyIdentifiers } from './third-party-identifiers/get-third-party-identifiers.ts';

/** Every call of proto/plexus/userapi/v1. */
export function userapiService(context: UserapiContext): UserapiService {
  return {
    register: (request) => register(context, request),
    checkUsername: (request) => checkUsername(context, request),
    loginPassword: (request) => loginPassword(context, request),
    createSession: (request) => createSession(context, request),
    verifyPassword: (request) => verifyPassword(context, request),
    introspect: (request) => introspect(context, request),
    checkMasquerade: (request) => checkMasquerade(context, request),
    endSessions: (request) => endSessions(context, request),
    setPassword: (request) => setPassword(context, request),
    deactivateAccount: (request) => deactivateAccount(context, request),
    getDevices: (request) => getDevices(context, request),
    updateDevice: (request) => updateDevice(context, request),
    getProfiles: (request) => getProfiles(context, request),
    setProfileField: (request) => setProfileField(context, request),
    getAccountData: (request) => getAccountData(context, request),
    setAccountData: (request) => setAccountData(context, request),
    deleteRoomData: (request) => deleteRoomData(context, request),
    checkRegistrationToken: (request) => checkRegistrationToken(context, request),
    createRegistrationToken: (request) => createRegistrationToken(context, request),
    listAccounts: (request) => listAccounts(context, request),
    setAdministrator: (request) => setAdministrator(context, request),
    listRegistrationTokens: (request) => listRegistrationTokens(context, request),
    revokeRegistrationToken: (request) => revokeRegistrationToken(context, request),
    getPushers: (request) => getPushers(context, request),
    setPusher: (request) => setPusher(context, request),
    deletePusher: (request) => deletePusher(context, request),
    getThirdPartyIdentifiers: (request) => getThirdPartyIdentifiers(context, request),
    recordActivity: (request) => recordActivity(context, request),
    getStatistics: (request) => getStatistics(context, request),
    readLog: (request) => readLog(context, request),
  };
}

import type { MatrixError } from '@plexus/contracts/common';

/** Every error this service gives to clients, with the status of the client-server API. */
export const matrixErrors = {
  userInUse: error(400, 'M_USER_IN_USE', 'This user id is taken'),
  invalidUsername: error(400, 'M_INVALID_USERNAME', 'User names consist of a-z, 0-9 and . _ = - / +'),
  exclusive: error(400, 'M_EXCLUSIVE', 'This user name is reserved for an application service'),
  outsideNamespace: error(400, 'M_EXCLUSIVE', 'This user name is outside the namespaces of the application service'),
  registrationTokenRefused: error(401, 'M_UNAUTHORIZED', 'The registration token is not valid'),
  weakPassword: (minLength: number) =>
    error(400, 'M_WEAK_PASSWORD', `The password must have at least ${minLength} characters`),
  passwordTooLong: error(400, 'M_INVALID_PARAM', 'The password is too long'),
  wrongPassword: error(403, 'M_FORBIDDEN', 'The user name or the password is wrong'),
  noAccount: error(403, 'M_FORBIDDEN', 'There is no such user'),
  deactivated: error(403, 'M_USER_DEACTIVATED', 'This account is deactivated'),
  busy: error(429, 'M_LIMIT_EXCEEDED', 'Too many passwords to check at the moment'),
  invalidDeviceId: error(400, 'M_INVALID_PARAM', 'device_id is empty, too long or malformed'),
  invalidDisplayName: error(400, 'M_INVALID_PARAM', 'The display name is too long or malformed'),
  unknownDevice: error(404, 'M_NOT_FOUND', 'There is no such device'),
  unknownMasqueradeDevice: error(400, 'M_UNKNOWN_DEVICE', 'The user has no such device'),
  invalidUserId: error(400, 'M_INVALID_PARAM', 'This is not the id of a user of this server'),
  invalidJson: error(400, 'M_BAD_JSON', 'The value is not acceptable JSON'),
  keyTooLarge: error(400, 'M_KEY_TOO_LARGE', 'The name of a profile field has at most 255 bytes'),
  invalidField: error(400, 'M_INVALID_PARAM', 'This is not the name of a profile field'),
  profileTooLarge: error(400, 'M_PROFILE_TOO_LARGE', 'A profile has at most 64 KiB'),
  accountDataTooLarge: error(413, 'M_TOO_LARGE', 'The account data is too large'),
  invalidAccountDataType: error(400, 'M_INVALID_PARAM', 'This is not a type of account data'),
  invalidRoomId: error(400, 'M_INVALID_PARAM', 'This is not a room id'),
  invalidRegistrationToken: error(400, 'M_INVALID_PARAM', 'A registration token has 1 to 64 of A-Z a-z 0-9 . _ ~ -'),
  registrationTokenExists: error(400, 'M_INVALID_PARAM', 'This registration token exists'),
  tooManyPushers: error(400, 'M_LIMIT_EXCEEDED', 'You have too many pushers'),
  invalidPusher: error(400, 'M_INVALID_PARAM', 'The pusher is not acceptable'),
  invalidTokenLimits: error(400, 'M_INVALID_PARAM', 'uses_allowed and expiry_time must not be negative'),
} as const;

function error(status: number, errcode: string, text: string): MatrixError {
  return { status, errcode, error: text };
}

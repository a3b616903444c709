/** Longest name of a device or a user, in UTF-16 units. */
export const MAX_DISPLAY_NAME_LENGTH = 256;

/** A password is hashed whole; longer ones are no passwords. */
export const MAX_PASSWORD_BYTES = 4096;

/** All fields of a profile together. Client-server API, "Profiles". */
export const MAX_PROFILE_BYTES = 65_536;

/** One item of account data. m.direct of somebody with 2,000 direct chats has about 170 KB. All of a user: accounts_account_data_quota. */
export const MAX_ACCOUNT_DATA_BYTES = 262_144;

/** What a stored item takes besides its text: many small ones must not take more than few large ones. */
export const ACCOUNT_DATA_ITEM_OVERHEAD_BYTES = 128;

/**
 * Devices of an account. Whoever signs in once more loses the device that was used longest ago: bots that make a device with every start
 * are not locked out by those they left behind.
 */
export const MAX_DEVICES = 500;

/** Of an account: one for each application on each device. */
export const MAX_PUSHERS = 100;

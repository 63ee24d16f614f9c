/** Bytes in a MiB. Where the hosted service's documentation says megabyte, it means MiB, for example in "one step per megabyte of data". */
export const MEBIBYTE = 1024 ** 2;

/** The largest training or validation file that the hosted service accepts, in bytes, inclusive. */
export const MAX_FILE_BYTES = 512 * MEBIBYTE;

/** The largest validation data that the hosted service accepts, in bytes. */
export const MAX_VALIDATION_BYTES = MEBIBYTE;

/** The largest validation data that the hosted service accepts, as a share of the training data's bytes. */
export const MAX_VALIDATION_SHARE = 0.05;

/** The largest share of invalid samples that a job may skip. */
export const MAX_SKIP_SHARE = 0.5;

/** The longest suffix of a job, in characters. */
export const MAX_SUFFIX_LENGTH = 18;

/** Fewest characters (code points) of a password. */
export const PASSWORD_CHARACTERS_MIN = 12;
/** Most bytes of a password in UTF-8, after normalisation. */
export const PASSWORD_BYTES_MAX = 256;

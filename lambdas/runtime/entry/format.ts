/**
 * Format, codec and flag, then the header's fields with blanks between, a line end, and the value. Text, so that an operator can
 * read it. Fields that scripts compare or change stand at a fixed place, so that they needn't copy the value. A reader takes any
 * other format for a miss. A module without imports, whose constants bundlers write where they are used.
 */
export const FORMAT = 'C2';
export const JSON_FORMAT = 'j';
export const NEGATIVE = 'n';

/** Place where a purge writes {@link EXPIRED}: `SETRANGE key FLAG_AT flag`. */
export const FLAG_AT = 3;
export const EXPIRED = '!';
export const CURRENT = ' ';

/** Place of the token for a script: `GETRANGE key TOKEN_START TOKEN_END`. */
export const TOKEN_START = 4;
export const TOKEN_END = 19;

/** Place of the row's version for a script. */
export const ROW_START = 21;
export const ROW_END = 44;

/** Place of the fields behind it. */
export const FIRST_FIELD = 46;

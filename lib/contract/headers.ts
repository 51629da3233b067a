/** Headers that functions and distribution agree on. Their names compare without case; functions write theirs in lower case. */

/** Response header with a response's tags, separated by commas. It stays between the origin and the edge. */
export const TAG_HEADER = 'Cache-Tag';

/** Request header that asks for a refresh of one key of the stage cache; its value is version and id. */
export const REFRESH_HEADER = 'X-Cachement-Refresh';

/** Response header with the id of the refresh that the response is of. The edge removes it. */
export const REFRESHED_HEADER = 'X-Cachement-Refreshed';

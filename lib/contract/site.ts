/** Names that a site's infrastructure and the function that copies its files agree on. */

/** Folder beside the function's code that has the files. */
export const SITE_FOLDER = 'site';

/** Begin of the files' keys in the bucket. What is beside it, such as the manifest, isn't served. */
export const SITE_PREFIX = 'site';

/** Key of the manifest: what the bucket has, and since when an asset isn't part of the site. */
export const SITE_MANIFEST = 'manifest.json';

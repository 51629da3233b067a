import { MAX_TAG_LENGTH, tagProblem } from './tag';

/** Times for which the edge and browsers keep files of a site. All values are whole seconds. */
export interface SitePathProps {
  /** Time for which the edge keeps a file. 0 is never. A page that changes is purged before. */
  readonly edgeTtlSeconds: number;

  /**
   * Time for which a browser uses its copy without asking. 0 asks the edge each time, which answers 304 where nothing changed.
   * @default - 0; with `immutable` as long as the edge
   */
  readonly browserTtlSeconds?: number;

  /**
   * True of assets: files whose names change with their content, such as `app.3f2a.js`. They are never purged, and older ones
   * stay for a while, for whoever has an older page open.
   * @default false
   */
  readonly immutable?: boolean;

  /**
   * Time after its freshness for which the edge may serve a file while it fetches it anew.
   * @default 0
   */
  readonly staleWhileRevalidateSeconds?: number;

  /**
   * Time after its freshness for which the edge may serve a file where the bucket can't be read.
   * @default 0
   */
  readonly staleIfErrorSeconds?: number;

  /**
   * True where it is known that a purge doesn't reach browsers: needed for a `browserTtlSeconds` of pages.
   * @default false
   */
  readonly purgeLeavesBrowsers?: boolean;
}

/** Properties of a site. */
export interface SiteProps {
  /**
   * Times by pattern: a path such as `/robots.txt`, everything below a folder such as `/blog/*`, or `*` for the rest. The most
   * specific one counts.
   */
  readonly paths: Record<string, SitePathProps>;
}

/** Times of one pattern of a site, with its defaults filled in. */
export interface SitePath extends Required<Omit<SitePathProps, 'purgeLeavesBrowsers'>> {
  /** Such as `/blog/*`. */
  readonly pattern: string;
}

/** A checked declaration of a site. Plain data: it can be serialized and compared. */
export interface Site {
  /** The most specific first, `*` last. */
  readonly paths: SitePath[];
}

/** Times of whatever no pattern names. */
const REST: SitePathProps = { edgeTtlSeconds: 300 };

const PATTERN = /^(\*|\/([^*?#\s]*\/)?\*|\/[^*?#\s]+)$/;

/**
 * Checks a declaration once, for whoever puts the files into the bucket and for who serves them.
 *
 * @throws {RangeError} that names the property, the rule and the value.
 */
export function defineSite({ paths }: SiteProps): Site {
  const given = Object.entries({ ...(!Object.hasOwn(paths, '*') && { '*': REST }), ...paths });
  const checked = given.map(([pattern, props]) => checkedPath(pattern, props));
  return Object.freeze({ paths: checked.sort((a, b) => specificity(b.pattern) - specificity(a.pattern)) });
}

function checkedPath(pattern: string, props: SitePathProps): SitePath {
  const fail = (property: string, rule: string, got: unknown): never => {
    throw new RangeError(`site: '${property}' of '${pattern}' ${rule}, got: ${JSON.stringify(got)}`);
  };
  if (!PATTERN.test(pattern)) {
    throw new RangeError(
      `site: 'paths' must have patterns such as '/robots.txt', '/blog/*' or '*', got: '${pattern}'; write it as one of these`,
    );
  }
  const { edgeTtlSeconds, immutable = false, staleWhileRevalidateSeconds = 0, staleIfErrorSeconds = 0 } = props;
  const path: SitePath = {
    pattern,
    edgeTtlSeconds,
    browserTtlSeconds: props.browserTtlSeconds ?? (immutable ? edgeTtlSeconds : 0),
    immutable,
    staleWhileRevalidateSeconds,
    staleIfErrorSeconds,
  };
  for (const [name, value] of Object.entries(path)) {
    if (!name.endsWith('Seconds')) continue;
    if (!Number.isInteger(value) || (value as number) < 0) fail(name, 'must be a whole number of seconds', value);
  }
  if (path.browserTtlSeconds > 0 && !immutable && !props.purgeLeavesBrowsers) {
    fail(
      'browserTtlSeconds',
      "must be 0 for pages, since nothing purges a browser; say 'purgeLeavesBrowsers: true' where that is meant, or 'immutable: true' of assets whose names change with them",
      path.browserTtlSeconds,
    );
  }
  if (immutable && edgeTtlSeconds === 0) fail('edgeTtlSeconds', "must be more than 0 with 'immutable'", edgeTtlSeconds);
  if (edgeTtlSeconds === 0 && staleWhileRevalidateSeconds + staleIfErrorSeconds > 0) {
    fail('edgeTtlSeconds', 'must be more than 0 where the edge may serve stale files, since it keeps none', edgeTtlSeconds);
  }
  return path;
}

/** An exact path before every folder, a longer folder before a shorter one. */
const specificity = (pattern: string): number => (pattern.endsWith('*') ? pattern.length : Number.MAX_SAFE_INTEGER);

/** Times of a path, such as `/blog/first/`. */
export function sitePathOf({ paths }: Site, path: string): SitePath {
  const matches = ({ pattern }: SitePath) => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern);
  return paths.find(matches) as SitePath;
}

/** `Cache-Control` of files with these times. */
export function siteCacheControl(path: SitePath): string {
  const { edgeTtlSeconds: edge, browserTtlSeconds: browser, immutable } = path;
  if (edge === 0) return browser === 0 ? 'no-cache' : `private, max-age=${browser}`;
  return [
    // With 0, too: a browser that is told nothing guesses by the age of the file.
    `max-age=${browser}`,
    `s-maxage=${edge}`,
    ...(immutable ? ['immutable'] : []),
    ...(path.staleWhileRevalidateSeconds > 0 ? [`stale-while-revalidate=${path.staleWhileRevalidateSeconds}`] : []),
    ...(path.staleIfErrorSeconds > 0 ? [`stale-if-error=${path.staleIfErrorSeconds}`] : []),
  ].join(', ');
}

/**
 * Tag of a page, such as `page:/blog/first/`: in lower case, with what no tag may have encoded. A path that is too long for a tag
 * has that of the longest folder around it that isn't.
 *
 * @throws {RangeError} where it can't be one, which no path of a file is.
 */
export function pageTag(path: string): string {
  const encoded = encodeURI(path).replace(/[#*,]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  let tag = `page:${encoded.toLowerCase()}`;
  while (tag.length > MAX_TAG_LENGTH) tag = tag.slice(0, Math.max(tag.lastIndexOf('/', tag.length - 2) + 1, 'page:/'.length));
  const problem = tagProblem(tag);
  if (problem) throw new RangeError(`site: the tag of '${path}' ${problem}, got: '${tag}'`);
  return tag;
}

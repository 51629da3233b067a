import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import type { NormalizeRule, Route } from '../route';

/**
 * Longest code of a function, in bytes. AWS raises it for nobody.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html "Maximum function size"
 */
const MAX_CODE_BYTES = 10 * 1024;

/**
 * Viewer request function that normalizes the cache key: query strings are sorted, and those that the route doesn't declare are
 * dropped; of several values of one, the last is kept, which is the one that functions get and the stage cache has in its key. A
 * cache policy drops undeclared ones too, but keeps the viewer's order, so that `?a=1&b=2` and `?b=2&a=1` would be two entries.
 * Values are given the spelling of the declaration's rules, as far as that can be done here.
 */
export class KeyFunction extends Construct {
  /** Function that behaviours run on each viewer's request. */
  readonly function: cloudfront.IFunction;

  /** @throws {RangeError} where the declared names are longer than a function may be. */
  constructor(scope: Construct, id: string, route: Route) {
    super(scope, id);
    const code = codeOf(route);
    const bytes = Buffer.byteLength(code);
    if (bytes > MAX_CODE_BYTES) {
      throw new RangeError(
        `route '${route.name}': 'query' must make a function of at most ${MAX_CODE_BYTES} bytes, got: ${bytes}; give its query strings shorter names`,
      );
    }
    this.function = new cloudfront.Function(this, 'Function', {
      comment: `Key of route '${route.name}'`,
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      code: cloudfront.FunctionCode.fromInline(code),
    });
  }

  /**
   * True where the key has more than one spelling in a cache that stands behind: of a route that the edge keeps, with query
   * strings in any order; of one that the edge or the gateway keeps, with values that have rules.
   */
  static isNeededFor({ query, freshness }: Route): boolean {
    const { edgeTtlSeconds = 0, gatewayTtlSeconds = 0 } = freshness ?? {};
    if (Object.values(query).some(({ normalize }) => normalize)) return edgeTtlSeconds > 0 || gatewayTtlSeconds > 0;
    return edgeTtlSeconds > 0 && Object.keys(query).length > 1;
  }
}

function codeOf({ query }: Route): string {
  const names = Object.keys(query).sort();
  const rules = names.map((name) => query[name]?.normalize ?? []);
  const hasRules = rules.some((each) => each.length > 0);
  return `var NAMES = ${JSON.stringify(names)};
${hasRules ? `var RULES = ${JSON.stringify(rules)};\n` : ''}function handler(event) {${hasRules ? READS_ONLY : ''}
  var given = event.request.querystring;
  var kept = {};
  for (var i = 0; i < NAMES.length; i++) {
    if (!Object.prototype.hasOwnProperty.call(given, NAMES[i])) continue;
    var field = given[NAMES[i]];
    var last = field.multiValue ? field.multiValue[field.multiValue.length - 1] : field;
    kept[NAMES[i]] = { value: ${hasRules ? 'spelling(last.value, RULES[i])' : 'last.value'} };
  }
  event.request.querystring = kept;
  return event.request;
}
${hasRules ? spellingCode(rules.flat()) : ''}`;
}

/** Writes of a path that the gateway alone keeps go past the edge with whatever they have. */
const READS_ONLY = `
  if (event.request.method !== 'GET' && event.request.method !== 'HEAD') return event.request;`;

/** White space of ASCII, percent-encoded. */
const SPACE = '(?:%20|%09|%0A|%0B|%0C|%0D)+';

/** Statement of each rule, for one item of a list or a whole value, which is percent-encoded in one way. */
const STATEMENTS: Readonly<Partial<Record<NormalizeRule, string>>> = {
  lowercase: 'item = item.replace(/%..|[A-Z]/g, function (text) { return text.length > 1 ? text : text.toLowerCase(); });',
  'collapse-spaces': `item = item.replace(/${SPACE}/g, '%20');`,
  trim: `item = item.replace(/^${SPACE}/, '').replace(/${SPACE}$/, '');`,
};

/**
 * Function that gives a value its spelling. What it makes of a value, `normalizedText` makes the same of as of the value itself;
 * so it does less than that:
 * - The list of the runtime's functions has no `normalize`, and says nothing of the letters that `toLowerCase` knows: a Turkish
 *   capital or a sigma at the end of a word could become the same as another letter. ASCII is enough for most.
 * - A plus may be a blank or itself, as whoever reads the query string has it, and stays a plus.
 * - Values are as they were sent, percent-encoded ("the request object represents the actual request"); one that isn't UTF-8
 *   stays as it is.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
function spellingCode(used: readonly NormalizeRule[]): string {
  const statements = Object.entries(STATEMENTS).filter(([rule]) => used.includes(rule as NormalizeRule));
  return `function spelling(value, rules) {
  if (rules.length === 0) return value;
  try {
    value = value.split('+').map(function (part) { return encodeURIComponent(decodeURIComponent(part)); }).join('+');
  } catch (error) {
    return value;
  }
  var isList = rules.indexOf('sort-list') >= 0;
  var items = (isList ? value.split('%2C') : [value]).map(function (item) {
${statements.map(([rule, statement]) => `    if (rules.indexOf('${rule}') >= 0) ${statement}\n`).join('')}    return item;
  });
  if (!isList) return items[0];
  return items.sort().filter(function (item, index) { return item !== items[index - 1]; }).join('%2C');
}
`;
}

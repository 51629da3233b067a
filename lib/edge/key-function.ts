import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import type { Route } from '../route';

/**
 * Viewer request function that normalizes the cache key: query strings are sorted, and those that the route doesn't declare are
 * dropped; of several values of one, the last is kept, which is the one that functions get and the stage cache has in its key. A
 * cache policy drops undeclared ones too, but keeps the viewer's order, so that `?a=1&b=2` and `?b=2&a=1` would be two entries.
 */
export class KeyFunction extends Construct {
  /** Function that behaviours run on each viewer's request. */
  readonly function: cloudfront.IFunction;

  constructor(scope: Construct, id: string, route: Route) {
    super(scope, id);
    this.function = new cloudfront.Function(this, 'Function', {
      comment: `Key of route '${route.name}'`,
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      code: cloudfront.FunctionCode.fromInline(codeOf(Object.keys(route.query).sort())),
    });
  }

  /** True if the route has at least two query strings, which can come in any order. */
  static isNeededFor(route: Route): boolean {
    return Object.keys(route.query).length > 1;
  }
}

function codeOf(names: readonly string[]): string {
  return `var NAMES = ${JSON.stringify(names)};
function handler(event) {
  var given = event.request.querystring;
  var kept = {};
  for (var i = 0; i < NAMES.length; i++) {
    if (!Object.prototype.hasOwnProperty.call(given, NAMES[i])) continue;
    var field = given[NAMES[i]];
    var last = field.multiValue ? field.multiValue[field.multiValue.length - 1] : field;
    kept[NAMES[i]] = { value: last.value };
  }
  event.request.querystring = kept;
  return event.request;
}
`;
}

import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';

/**
 * Viewer request function that finds `index.html` of a folder, which a bucket doesn't: `/blog/` is `/blog/index.html`, and
 * `/blog` leads to `/blog/`, so that links within the page are right. A last part with a dot is a file's.
 */
export class FolderIndex extends Construct {
  /** Function that behaviours run on each viewer's request. */
  readonly function: cloudfront.IFunction;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.function = new cloudfront.Function(this, 'Function', {
      comment: 'index.html of folders',
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      code: cloudfront.FunctionCode.fromInline(CODE),
    });
  }
}

// Slashes in front are one: '//example.com' as a target would lead to another site.
const CODE = `function handler(event) {
  var request = event.request;
  var uri = request.uri;
  if (uri.charAt(uri.length - 1) === '/') {
    request.uri = uri + 'index.html';
    return request;
  }
  if (uri.slice(uri.lastIndexOf('/') + 1).indexOf('.') >= 0) return request;
  var query = [];
  Object.keys(request.querystring).forEach(function (name) {
    var field = request.querystring[name];
    (field.multiValue || [field]).forEach(function (one) {
      query.push(one.value === '' ? name : name + '=' + one.value);
    });
  });
  var target = '/' + uri.replace(/^[\\/\\\\]+/, '') + '/' + (query.length > 0 ? '?' + query.join('&') : '');
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
    headers: { location: { value: target }, 'cache-control': { value: 'max-age=300' } },
  };
}
`;

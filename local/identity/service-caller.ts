import type { IncomingMessage } from 'node:http';
import type { Keys, Model } from '../types';
import { accessKeyId } from './access-key';
import { signatureOf, signatureProblem, timeProblem } from './signature';

/** Result of reading who has signed a request: a resource by its ARN, or the reason why it is none. */
export type ServiceCaller =
  | { readonly arn: string; readonly problem?: undefined }
  | { readonly arn?: undefined; readonly problem: string };

/** ARNs of the template's distributions by their access key id: those who may sign requests to origins. */
export function distributionKeys(model: Model): Map<string, string> {
  const arns = model
    .resources('AWS::CloudFront::Distribution')
    .map((distribution) => `arn:aws:cloudfront::${model.environment.account}:distribution/${model.ref(distribution)}`);
  return new Map(arns.map((arn) => [accessKeyId(arn), arn]));
}

/**
 * Resource in whose name a service has signed a request without a body, such as a distribution; undefined where nobody has.
 *
 * @param options.callers - ARNs by access key id
 */
export function serviceCaller(
  { method = 'GET', url = '/', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  options: { readonly keys: Keys; readonly callers: ReadonlyMap<string, string>; readonly now: number },
  body: Buffer = Buffer.alloc(0),
): ServiceCaller | undefined {
  const mark = url.indexOf('?');
  const [path, queryString] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
  const signature = signatureOf({ headers, queryString });
  if (!signature) return undefined;
  const arn = options.callers.get(signature.accessKeyId);
  const secret = arn === undefined ? undefined : options.keys.secretOf(signature.accessKeyId);
  if (arn === undefined || secret === undefined)
    return { problem: 'The AWS Access Key Id you provided does not exist in our records.' };
  const request = { method, path, queryString, headers, body };
  const problem = signatureProblem(request, signature, secret) ?? timeProblem(signature, options.now);
  return problem === undefined ? { arn } : { problem };
}

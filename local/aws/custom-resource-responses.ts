import { AwsError, type Caller, type Clock, type Environment } from '../types';
import type { CallLog } from './call-log';
import { Unreachable } from './dispatch';
import type { Network } from './network';
import { evaluate } from './policy-document';
import type { WireRequest } from './protocols/protocol';

/** Called with the body of the response. */
export type ResponseListener = (body: string) => void;

const PREFIX = '/_custom-resource/';

/**
 * Target of the responses of custom resources. CloudFormation gives out presigned URLs of a bucket for them; a function in a VPC
 * reaches that through an endpoint of S3, or not at all.
 */
export class CustomResourceResponses {
  readonly #options: { readonly network: Network };
  readonly #environment: Pick<Environment, 'account' | 'region'>;
  readonly #log: CallLog;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { listener: ResponseListener; functionArn: string | undefined }>();

  constructor(
    options: { readonly network: Network },
    environment: Pick<Environment, 'account' | 'region'>,
    log: CallLog,
    clock: Clock,
  ) {
    this.#options = options;
    this.#environment = environment;
    this.#log = log;
    this.#clock = clock;
  }

  expect(token: string, listener: ResponseListener, functionArn?: string): () => void {
    this.#waiting.set(`${PREFIX}${token}`, { listener, functionArn });
    return () => this.#waiting.delete(`${PREFIX}${token}`);
  }

  owns({ method, path }: WireRequest): boolean {
    return method === 'PUT' && path.startsWith(PREFIX);
  }

  /**
   * @returns whether somebody waits for it.
   * @throws {Unreachable} {@link AwsError} where the network or the S3 endpoint's policy forbids it.
   */
  receive(request: WireRequest): boolean {
    const { path, body } = request;
    const expected = this.#waiting.get(path);
    // The token is the proof of who puts it, as the signature of CloudFormation's URL is: nobody can guess it.
    if (!expected) return false;
    this.#check(path, { ...(expected.functionArn !== undefined && { functionArn: expected.functionArn }) });
    this.#waiting.delete(path);
    expected.listener(body.toString('utf8'));
    return true;
  }

  #check(path: string, caller: Caller): void {
    const reach = this.#options.network.reach(caller.functionArn, 's3');
    // The bucket's name is documented for endpoint policies: without hyphens in the region.
    const bucket = `cloudformation-custom-resource-response-${this.#environment.region.replaceAll('-', '')}`;
    const resource = `arn:aws:s3:::${bucket}/${path.slice(PREFIX.length)}`;
    const record = (reason?: string) =>
      this.#log.add(
        {
          time: this.#clock.now(),
          service: 's3',
          operation: 'PutObject',
          resources: [resource],
          allowed: reason === undefined,
          ...(reason !== undefined && { reason }),
        },
        caller,
      );
    if (!reach.reachable) {
      record(reach.reason);
      throw new Unreachable(`${caller.functionArn} can't put its custom resource response to S3: ${reach.reason}`);
    }
    const policy = reach.endpoint?.policy;
    // The URL is signed by CloudFormation's account, so only statements about everybody apply.
    const request = { action: 's3:PutObject', resource, keys: {} };
    if (policy && evaluate(policy, request, { names: {} }) !== 'Allow') {
      const reason = `the policy of ${reach.endpoint!.id} doesn't allow s3:PutObject on ${resource} to everybody`;
      record(reason);
      throw new AwsError('AccessDenied', reason, 403);
    }
    record();
  }
}

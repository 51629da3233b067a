import { scopeProblem, signatureOf, signatureProblem, timeProblem } from '../identity';
import type { Caller, Clock, Keys } from '../types';
import type { GatewayResponseType } from './gateway-responses';
import type { GatewayRequest } from './request';

/** Signer of a request, by a signature that has been verified. */
export interface Signer {
  readonly accessKeyId: string;
  readonly caller: Caller;
}

/** Reason why a request has no signer, as API Gateway answers it. */
export interface Unverified {
  readonly type: GatewayResponseType;
  readonly text?: string;
  /** `x-amzn-ErrorType`. @default - that of the type */
  readonly errorType?: string;
}

/** Signing name of APIs. */
const SERVICE = 'execute-api';

/** Dependencies of {@link Signatures}. */
export interface SignatureServices {
  readonly keys: Keys;
  /** Callers by access key id; the operator isn't among them. */
  readonly callers: ReadonlyMap<string, Caller>;
  readonly region: string;
  readonly clock: Clock;
  /** Signing name. @default - that of APIs */
  readonly service?: string;
}

/** Verification of the signatures of requests. */
export class Signatures {
  readonly #services: SignatureServices;

  constructor(services: SignatureServices) {
    this.#services = services;
  }

  /**
   * Signer of a request, or why it has none.
   *
   * @see https://repost.aws/knowledge-center/api-gateway-iam-sigv4-mismatch
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
   */
  verify({ sent }: Pick<GatewayRequest, 'sent'>): Signer | Unverified {
    const { keys, callers, region, clock, service = SERVICE } = this.#services;
    const signature = signatureOf(sent);
    if (!signature?.value || !signature.time) return unsigned(sent);
    const { accessKeyId } = signature;
    const secret = keys.secretOf(accessKeyId);
    const caller = accessKeyId === keys.operator.accessKeyId ? {} : callers.get(accessKeyId);
    if (secret === undefined || !caller) return UNKNOWN_KEY;
    const problem =
      scopeProblem(signature, { region, service }) ??
      timeProblem(signature, clock.now()) ??
      signatureProblem(sent, signature, secret);
    return problem === undefined ? { accessKeyId, caller } : { type: 'INVALID_SIGNATURE', text: problem };
  }
}

/** Tells the outcomes of {@link Signatures.verify} apart. */
export function isSigner(outcome: Signer | Unverified): outcome is Signer {
  return 'caller' in outcome;
}

/** The gateway response of an unknown key isn't documented; that of an access that is denied has the same status. */
const UNKNOWN_KEY: Unverified = {
  type: 'ACCESS_DENIED',
  text: 'The security token included in the request is invalid.',
  errorType: 'UnrecognizedClientException',
};

/** Answer to a request without a signature, or with one that lacks a part. */
function unsigned({ headers, queryString }: GatewayRequest['sent']): Unverified {
  const { authorization } = headers;
  if (authorization === undefined) {
    if (!/(?:^|&)X-Amz-(?:Algorithm|Signature|Credential)=/.test(queryString)) return { type: 'MISSING_AUTHENTICATION_TOKEN' };
    return incomplete(
      'AWS query-string parameters must include X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date and X-Amz-Signature.',
    );
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !authorization.includes(`${name}=`))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (headers['x-amz-date'] === undefined) missing.push("Authorization header requires existence of an 'X-Amz-Date' header.");
  return incomplete(missing.length > 0 ? missing.join(' ') : 'The request signature does not conform to AWS standards.');
}

/** AWS's text repeats the header or its hash, which this one doesn't. */
function incomplete(text: string): Unverified {
  return { type: 'INVALID_SIGNATURE', text, errorType: 'IncompleteSignatureException' };
}

import type { Caller } from '../types';
import type { ConditionKeys } from './conditions';
import { evaluate, type Principal, type Request, type Statement } from './policy-document';

/** Policies of a role. */
export interface RolePolicies {
  readonly name: string;
  readonly identity: readonly Statement[];
  /** Permissions boundary: what isn't allowed here too isn't allowed. */
  readonly boundary?: readonly Statement[];
}

/** The policies of a model. */
export interface PoliciesOptions {
  readonly account: string;
  readonly region: string;
  /** By role ARN. A role that isn't here has no policies, and so may do nothing. */
  readonly roles: ReadonlyMap<string, RolePolicies>;
  /** Policies of queues, buses, buckets, secrets and functions, by the resource's ARN. */
  readonly resources: ReadonlyMap<string, readonly Statement[]>;
}

/** Decision on a call, with the sentence that AWS answers a denied one with. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason?: string;
}

/** One question: may this caller do this? */
export interface Authorization {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request besides those of the caller, such as `events:source`. */
  readonly keys?: ConditionKeys;
  /** Policy of the VPC endpoint that the call goes through. */
  readonly endpointPolicy?: readonly Statement[];
}

/** A service that acts on its own, such as a rule that delivers to a queue. */
export interface ServiceAuthorization {
  /** Service principal, such as `events.amazonaws.com`. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** On whose behalf: `aws:SourceArn`. */
  readonly sourceArn: string;
  /** Condition keys of the request besides those of the caller. */
  readonly keys?: ConditionKeys;
}

/** Decides calls by the policies of the template, as IAM does within one account. No session policies, no SCPs. */
export class Policies {
  readonly #options: PoliciesOptions;

  constructor(options: PoliciesOptions) {
    this.#options = options;
  }

  /** A caller without a role may do everything: it's a person at this machine. */
  authorize({ caller, action, resource, keys, endpointPolicy }: Authorization): Decision {
    if (caller.roleArn === undefined) return { allowed: true };
    const role = this.#options.roles.get(caller.roleArn);
    const session = this.sessionArn(caller);
    const request: Request = { action, resource, keys: { ...this.#callerKeys(caller), ...keys } };
    const principal: Principal = { names: { AWS: [caller.roleArn, session] } };
    const root: Principal = { names: { AWS: [this.#options.account, `arn:aws:iam::${this.#options.account}:root`] } };
    const resourcePolicy = this.#policyOf(resource);

    const deny = (because: string): Decision => ({ allowed: false, reason: sentence(session, action, resource, because) });
    const identity = evaluate(role?.identity ?? [], request);
    const boundary = role?.boundary && evaluate(role.boundary, request);
    const granted = evaluate(resourcePolicy, request, principal);
    if (identity === 'Deny') return deny('with an explicit deny in an identity-based policy');
    if (boundary === 'Deny') return deny('with an explicit deny in a permissions boundary');
    // A Deny on the account binds everybody in it; an Allow on the account is only leave for identity policies to allow.
    if (granted === 'Deny' || evaluate(resourcePolicy, request, root) === 'Deny') {
      return deny('with an explicit deny in a resource-based policy');
    }
    if (endpointPolicy) {
      const through = evaluate(endpointPolicy, request, { names: { AWS: [...principal.names.AWS!, ...root.names.AWS!] } });
      if (through === 'Deny') return deny('with an explicit deny in a VPC endpoint policy');
      if (through === undefined) return deny(`because no VPC endpoint policy allows the ${named(action)} action`);
    }
    // Within one account, an Allow of the resource's policy is enough, and so is one of the caller's.
    if (granted === 'Allow') return { allowed: true };
    if (identity === undefined) return deny(`because no identity-based policy allows the ${named(action)} action`);
    if (role?.boundary && boundary === undefined) {
      return deny(`because no permissions boundary allows the ${named(action)} action`);
    }
    return { allowed: true };
  }

  /** Decision of the resource's own policy on a service. Services have no identity policies, so silence is a denial. */
  authorizeResource({ principal, action, resource, sourceArn, keys: more }: ServiceAuthorization): Decision {
    const keys: ConditionKeys = {
      ...more,
      'aws:sourcearn': [sourceArn],
      'aws:sourceaccount': [this.#options.account],
      'aws:securetransport': ['true'],
      'aws:principalisawsservice': ['true'],
      'aws:principalservicename': [principal],
      'aws:requestedregion': [this.#options.region],
    };
    const result = evaluate(this.#policyOf(resource), { action, resource, keys }, { names: { Service: [principal] } });
    if (result === 'Allow') return { allowed: true };
    const because =
      result === 'Deny'
        ? 'with an explicit deny in a resource-based policy'
        : `because no resource-based policy allows the ${named(action)} action`;
    return { allowed: false, reason: `${sentence(principal, action, resource, because)} (source: ${sourceArn})` };
  }

  /** Decision of the resource's own policy on somebody who isn't known. */
  authorizeAnybody({ action, resource, keys: more }: Omit<ServiceAuthorization, 'principal' | 'sourceArn'>): Decision {
    const keys: ConditionKeys = { ...more, 'aws:securetransport': ['true'], 'aws:requestedregion': [this.#options.region] };
    return { allowed: evaluate(this.#policyOf(resource), { action, resource, keys }, { names: {} }) === 'Allow' };
  }

  /** Statements that decide on a resource; an object has those of its bucket. */
  #policyOf(resource: string): readonly Statement[] {
    const bucket = /^arn:[\w-]+:s3:::[^/]+(?=\/)/.exec(resource)?.[0];
    return this.#options.resources.get(bucket ?? resource) ?? [];
  }

  /** ARN of the session that a caller's signature stands for. */
  sessionArn({ roleArn, functionArn }: Caller): string {
    const role = this.#options.roles.get(roleArn!)?.name ?? roleArn!.split('/').pop();
    return `arn:aws:sts::${this.#options.account}:assumed-role/${role}/${functionArn?.split(':').pop() ?? 'local'}`;
  }

  #callerKeys({ roleArn, functionArn }: Caller): ConditionKeys {
    return {
      'aws:principalarn': [roleArn!],
      'aws:principalaccount': [this.#options.account],
      'aws:principaltype': ['AssumedRole'],
      'aws:principalisawsservice': ['false'],
      'aws:requestedregion': [this.#options.region],
      // The local endpoint speaks plain HTTP on loopback; in AWS the same call is TLS.
      'aws:securetransport': ['true'],
      ...(functionArn && { 'lambda:sourcefunctionarn': [functionArn] }),
    };
  }
}

function sentence(who: string, action: string, resource: string, because: string): string {
  return `User: ${who} is not authorized to perform: ${named(action)} on resource: ${resource} ${because}`;
}

/** SQS spells actions in lower case in its sentences (seen in aws/serverless-application-model#3633). */
function named(action: string): string {
  return action.startsWith('sqs:') ? action.toLowerCase() : action;
}

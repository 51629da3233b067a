import type { Caller } from '../types';

/** Outcome of an authorisation, and if the call isn't allowed, the sentence that AWS answers with. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason?: string;
}

/** Condition keys of a request, in lower case. */
type ConditionKeys = Readonly<Record<string, readonly string[] | undefined>>;

/** Authorisation by the policies of the template. Products don't import each other, so it comes from outside. */
export interface Access {
  /** Callers by access key id; the operator isn't among them. */
  readonly callers: ReadonlyMap<string, Caller>;
  readonly policies: {
    authorize(call: { caller: Caller; action: string; resource: string; keys?: ConditionKeys }): Decision;
    /** Decides whether a resource's own policy lets a service in. */
    authorizeResource(call: {
      principal: string;
      action: string;
      resource: string;
      sourceArn: string;
      keys?: ConditionKeys;
    }): Decision;
    /** Decides whether a resource's own policy lets everybody in. */
    authorizeAnybody(call: { action: string; resource: string; keys?: ConditionKeys }): Decision;
  };
}

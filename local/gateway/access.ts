import type { Caller } from '../types';

/** Outcome of an authorisation, and if the call isn't allowed, the sentence that AWS answers with. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason?: string;
}

/** Authorisation by the policies of the template. Products don't import each other, so it comes from outside. */
export interface Access {
  /** Callers by access key id. */
  readonly callers: ReadonlyMap<string, Caller>;
  readonly policies: {
    authorize(call: { caller: Caller; action: string; resource: string }): Decision;
    /** Decides whether a resource's own policy lets a service in. */
    authorizeResource(call: { principal: string; action: string; resource: string; sourceArn: string }): Decision;
  };
}

/** Form of the key ids of functions; any other key is a person's at this machine. */
const FUNCTION_KEY = /^LOCAL[0-9A-F]{15}$/;

/** @returns undefined for the key of a function that isn't in the template. */
export function callerOf(access: Access, accessKeyId: string): Caller | undefined {
  return access.callers.get(accessKeyId) ?? (FUNCTION_KEY.test(accessKeyId) ? undefined : {});
}

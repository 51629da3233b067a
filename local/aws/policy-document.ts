import { own } from '../own';
import { type ConditionBlock, type ConditionKeys, checkConditions, conditionsHold } from './conditions';
import { wildcard } from './wildcard';

/** A statement with every member that may be one value or many as an array. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  /** Absent where the document doesn't name any, as in a trust policy: then it is about whatever the document hangs on. */
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  /** Absent in an identity policy. `*` is anybody; otherwise values by kind, such as `AWS` or `Service`. */
  readonly principal?: '*' | Readonly<Record<string, readonly string[]>>;
  readonly conditions: ConditionBlock;
}

/** Principal of a request. */
export interface Principal {
  /**
   * The kinds and values that name this principal, such as `{ AWS: [role ARN, session ARN] }` or `{ Service:
   * ['events.amazonaws.com'] }`.
   */
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/** Question to a policy: action, resource and condition keys. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  /** Condition keys and values, keys in lower case. */
  readonly keys: ConditionKeys;
}

/** Reads a policy document of a template. @throws an Error on members and condition operators that aren't evaluated here. */
// biome-ignore lint/suspicious/noExplicitAny: a policy document of a template
export function parsePolicy(document: any, where: string): Statement[] {
  return list(document?.Statement).map((statement) => {
    const known = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'Condition'];
    const unknown = Object.keys(statement).find((member) => !known.includes(member));
    if (unknown)
      throw new Error(`${where}: '${unknown}' of a policy statement is not evaluated here; use one of ${known.join(', ')}`);
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
      throw new Error(`${where}: 'Effect' of a policy statement must be Allow or Deny, got: ${JSON.stringify(statement.Effect)}`);
    }
    if (!statement.Action && !statement.NotAction) throw new Error(`${where}: a policy statement needs 'Action' or 'NotAction'`);
    const conditions: ConditionBlock = statement.Condition ?? {};
    checkConditions(conditions, where);
    return {
      effect: statement.Effect,
      ...(statement.Action && { actions: list(statement.Action) }),
      ...(statement.NotAction && { notActions: list(statement.NotAction) }),
      ...(statement.Resource && { resources: list(statement.Resource) }),
      ...(statement.NotResource && { notResources: list(statement.NotResource) }),
      ...(statement.Principal && { principal: parsePrincipal(statement.Principal) }),
      conditions,
    };
  });
}

/** Effect of a set of statements on a request: an explicit Deny wins over an Allow; undefined where none applies. */
export function evaluate(
  statements: readonly Statement[],
  request: Request,
  principal?: Principal,
): 'Allow' | 'Deny' | undefined {
  let result: 'Allow' | undefined;
  for (const statement of statements) {
    if (!applies(statement, request, principal)) continue;
    if (statement.effect === 'Deny') return 'Deny';
    result = 'Allow';
  }
  return result;
}

function applies(statement: Statement, request: Request, principal: Principal | undefined): boolean {
  // Action names have no case; resources have.
  const action = (pattern: string) => wildcard(pattern.toLowerCase(), request.action.toLowerCase());
  if (statement.actions && !statement.actions.some(action)) return false;
  if (statement.notActions?.some(action)) return false;
  const resource = (pattern: string) => wildcard(substitute(pattern, request.keys), request.resource);
  if (statement.resources && !statement.resources.some(resource)) return false;
  if (statement.notResources?.some(resource)) return false;
  if (statement.principal && !(principal && matchesPrincipal(statement.principal, principal))) return false;
  return conditionsHold(statement.conditions, request.keys);
}

function matchesPrincipal(wanted: NonNullable<Statement['principal']>, principal: Principal): boolean {
  if (wanted === '*') return true;
  return Object.entries(wanted).some(([kind, values]) => {
    // `AWS: '*'` is anybody, services included; a wildcard inside an ARN isn't allowed there and never matches.
    if (kind === 'AWS' && values.includes('*')) return true;
    return values.some((value) => own(principal.names, kind)?.includes(value));
  });
}

/** Policy variables, such as `${aws:PrincipalAccount}`. One without a value makes the pattern match nothing. */
function substitute(pattern: string, keys: ConditionKeys): string {
  return pattern.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name;
    return own(keys, name.toLowerCase())?.[0] ?? '\u0000';
  });
}

function parsePrincipal(principal: unknown): '*' | Record<string, string[]> {
  if (principal === '*') return '*';
  return Object.fromEntries(Object.entries(principal as object).map(([kind, values]) => [kind, list(values)]));
}

// biome-ignore lint/suspicious/noExplicitAny: one value or many of them, of a template
function list(value: any): any[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

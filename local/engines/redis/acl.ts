import { createHash } from 'node:crypto';

/** A user of the server, as a line of its ACL file says it. */
export interface AclUser {
  readonly name: string;
  readonly rules: readonly string[];
}

/** A user as ElastiCache describes it. */
export interface UserOptions {
  readonly name: string;
  /** Such as `on ~app:* +@read`. */
  readonly accessString: string;
  /** Any of these opens the account; undefined where none is needed. */
  readonly passwords: readonly string[] | undefined;
}

/** Commands that ElastiCache denies whatever an access string says: configuration, topology and persistence belong to its API. */
const RESTRICTED = [
  'acl|deluser',
  'acl|load',
  'acl|save',
  'acl|setuser',
  'bgrewriteaof',
  'bgsave',
  'cluster|addslots',
  'cluster|addslotsrange',
  'cluster|bumpepoch',
  'cluster|delslots',
  'cluster|delslotsrange',
  'cluster|failover',
  'cluster|flushslots',
  'cluster|forget',
  'cluster|meet',
  'cluster|replicate',
  'cluster|reset',
  'cluster|saveconfig',
  'cluster|set-config-epoch',
  'cluster|setslot',
  'config',
  'debug',
  'migrate',
  'psync',
  'replicaof',
  'save',
  'shutdown',
  'slaveof',
  'sync',
];

/** Rules that set passwords: ElastiCache takes those from `Passwords` only. */
const PASSWORD_RULE = /^([><#!]|nopass$|resetpass$|reset$)/;

/**
 * Translates a user. An access string is written in the server's own rules, but has no passwords, and is `off` unless it says
 * `on`.
 * @throws where the access string has a rule that ElastiCache refuses, or a selector, which is not run here.
 */
export function aclUser({ name, accessString, passwords }: UserOptions): AclUser {
  if (!name || /\s/.test(name)) throw new Error(`the name of a cache user must have no blanks, got: '${name}'`);
  const rules = accessString.split(/\s+/).filter(Boolean);
  for (const rule of rules) {
    if (PASSWORD_RULE.test(rule))
      throw new Error(`the access string of cache user '${name}' can't set passwords, got: '${rule}'`);
    if (rule.startsWith('('))
      throw new Error(`the access string of cache user '${name}' has a selector, which is not run here: '${rule}'`);
  }
  const secrets = passwords === undefined ? ['nopass'] : passwords.map((password) => `#${sha256(password)}`);
  return { name, rules: ['reset', ...secrets, ...rules, ...RESTRICTED.map((command) => `-${command}`)] };
}

/** The platform's own user, as whom nodes replicate too. */
export function administrator(name: string, password: string): AclUser {
  return { name, rules: ['reset', 'on', `#${sha256(password)}`, '~*', '&*', '+@all'] };
}

/** The ACL file. Where the template doesn't define the default user, nobody is let in without a name. */
export function aclFile(users: readonly AclUser[]): string {
  const all = users.some((user) => user.name === 'default') ? users : [{ name: 'default', rules: ['reset', 'off'] }, ...users];
  return all.map(({ name, rules }) => `user ${name} ${rules.join(' ')}\n`).join('');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

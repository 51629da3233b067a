import { checkOneOf, checkText, mustBe, wholeNumbers } from '../../arguments';
import type { RedisConnection } from '../../connection/redis-connection';
import { readCommand, runReplicated, runScript } from '../../connection/run-script';
import { CacheError, isUnavailable } from '../../errors';
import { valueText } from '../../json-value';
import { patternKey } from '../keys';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';
import { KeptSessions } from './kept-sessions';
import { CREATE, END, END_ALL, REPLACE, USE } from './scripts';
import { createToken, parseToken, type SessionToken, userHash } from './token';

/** Options of Sessions. */
export interface SessionsOptions {
  /** Connection to the tier where state is kept: one that evicts nothing, since no database has the sessions. */
  readonly connection: RedisConnection;
  /** Name, for keys and metrics: letters, digits, `_` and `-`. */
  readonly name: string;
  /**
   * Seconds after its last use until a session ends; by `touchEverySeconds` later at most.
   * @default 900
   */
  readonly idleTimeoutSeconds?: number;
  /**
   * Seconds after its creation until a session ends, however it is used.
   * @default 86400
   */
  readonly absoluteTimeoutSeconds?: number;
  /**
   * Seconds in which one use at most is written down; with 0 each read writes.
   * @default 60
   */
  readonly touchEverySeconds?: number;
  /**
   * Largest number of sessions of a user; one more ends the one that was used longest ago.
   * @default 20
   */
  readonly maxPerUser?: number;
  /**
   * Seconds for which a session that this process has read answers for itself while the tier can't: that long, a session that
   * was ended elsewhere is still taken here.
   * @default 0
   */
  readonly memoryTtlSeconds?: number;
  /**
   * Answer to `get` while the tier can't answer: `throw` fails it, and `anonymous` says that there is no session, for pages that
   * anybody may see.
   * @default 'throw'
   */
  readonly onUnavailable?: 'throw' | 'anonymous';
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Session of a user. */
export interface Session<Data> {
  /** Name that the session is revoked by; it can't be used to sign in. */
  readonly id: string;
  /** Id of the user, as it was given. */
  readonly userId: string;
  /** Data that were given at its creation, or by the last update. */
  readonly data: Data;
  /**
   * Text that tells a user's devices apart.
   * @default - none was given
   */
  readonly device?: string;
  /** Number that grows with each update. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds of the last use that was written down. */
  readonly lastSeenAt: number;
}

/** Session that has just begun, and the token that whoever signed in gets. */
export interface NewSession<Data> {
  /** Secret; no log and no address may have it. */
  readonly token: string;
  /** The session. */
  readonly session: Session<Data>;
}

/** Result of an update. */
export type UpdatedSession<T> =
  | ({ readonly status: 'ok' } & T)
  /** It has ended, or never was. */
  | { readonly status: 'gone' }
  /** Others kept on changing it; nothing was changed. */
  | { readonly status: 'conflict' };

/** Result of an end. */
export interface EndedSession {
  /** True where there was such a session. */
  readonly ended: boolean;
  /** True where one replica knows of it, so that one failover doesn't bring the session back. */
  readonly replicated: boolean;
}

/** Result of the end of a user's sessions. */
export interface EndedSessions {
  /** Number of the sessions. */
  readonly ended: number;
  /** True where one replica knows of it, so that one failover doesn't bring the sessions back. */
  readonly replicated: boolean;
}

/** Largest length of a session's data, in characters of JSON. */
const MOST_DATA = 8192;

/** Comparisons that an update makes before it gives up. */
const ATTEMPTS = 5;

const DEFAULTS = {
  idleTimeoutSeconds: 900,
  absoluteTimeoutSeconds: 86_400,
  touchEverySeconds: 60,
  maxPerUser: 20,
  memoryTtlSeconds: 0,
};

/**
 * A session's two fields, as the tier has them: its version, a blank, JSON of user and device, a line's end and JSON of its data;
 * and its last use and its creation.
 */
type Fields = readonly [text: string | null, uses: string | null];

/** A script's reply: the tier's time and the two fields. */
type Reply = readonly [now: string, text: string, uses: string];

/**
 * Sessions of users, one hash a user: to create, list and revoke them are scripts on one key, which are exact. What is stored are
 * hashes of the secrets, by which nobody can sign in.
 */
export class Sessions<Data = unknown> {
  readonly #connection: RedisConnection;
  readonly #name: string;
  readonly #anonymous: boolean;
  readonly #touchMs: number;
  /** Milliseconds of life after the last use that was written down, and after the creation. */
  readonly #lives: readonly [idle: number, absolute: number];
  readonly #maxPerUser: number;
  readonly #kept: KeptSessions<Fields>;
  readonly #meter: PatternMeter | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: SessionsOptions) {
    const { connection, name, onUnavailable = 'throw', metrics } = options;
    checkText('name', name, /^[\w-]{1,64}$/, '1 to 64 letters, digits, _ and -');
    checkOneOf('onUnavailable', onUnavailable, ['throw', 'anonymous']);
    const numbers = wholeNumbers(DEFAULTS, options, ['touchEverySeconds', 'memoryTtlSeconds']);
    const { idleTimeoutSeconds, absoluteTimeoutSeconds, touchEverySeconds } = numbers;
    const rule = `at least the idle timeout of ${idleTimeoutSeconds}`;
    mustBe(absoluteTimeoutSeconds >= idleTimeoutSeconds, 'absoluteTimeoutSeconds', rule, absoluteTimeoutSeconds);
    this.#connection = connection;
    this.#name = name;
    this.#anonymous = onUnavailable === 'anonymous';
    this.#touchMs = touchEverySeconds * 1000;
    this.#lives = [(idleTimeoutSeconds + touchEverySeconds) * 1000, absoluteTimeoutSeconds * 1000];
    this.#maxPerUser = numbers.maxPerUser;
    this.#kept = new KeptSessions(numbers.memoryTtlSeconds * 1000);
    this.#meter = metrics?.meter('sessions', name);
  }

  /**
   * Begins a session.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`: it may be repeated, since nobody has the secret of a session that was begun;
   * `E_UNSTORABLE_VALUE` where the data aren't JSON, or are longer than 8192 characters of it.
   */
  create(userId: string, data: Data, { device }: { readonly device?: string } = {}): Promise<NewSession<Data>> {
    const { token, user, id } = createToken(this.#user(userId));
    if (device !== undefined) checkText('device', device, /^.{1,200}$/s, 'a text of 1 to 200 characters');
    const text = this.#text(userId, device, data);
    return measured(this.#meter, async () => {
      const args = [...this.#lives, id, text, this.#maxPerUser];
      const [now] = await runScript<[string, number]>(this.#connection, CREATE, [this.#key(user)], args);
      return { token, session: this.#session(id, this.#learned([now, `1 ${text}`, `${now} ${now}`])) as Session<Data> };
    });
  }

  /**
   * Reads a session, and writes its use down once in `touchEverySeconds`.
   *
   * @returns undefined where it has ended, or the token is none.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`, unless `onUnavailable` is `anonymous`.
   */
  async get(token: string | undefined): Promise<Session<Data> | undefined> {
    const known = parseToken(token);
    return known && measured(this.#meter, () => this.#get(known));
  }

  /**
   * Changes a session's data. Where others change it at the same time, it is changed on what they left, five times at most.
   *
   * @param change function of the data that gives the new ones; it may be called again.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`, with `applied`; `E_UNSTORABLE_VALUE`.
   */
  async update(
    token: string | undefined,
    change: (data: Data) => Data | Promise<Data>,
  ): Promise<UpdatedSession<{ readonly session: Session<Data> }>> {
    const known = parseToken(token);
    return known ? measured(this.#meter, () => this.#replace(known, known.id, change)) : { status: 'gone' };
  }

  /**
   * Replaces a session's secret, after a login or a change of rights: the old token ends with the same step. Where it fails
   * without an answer, whoever holds the old token must sign in again.
   *
   * @param change function of the data, as for `update`.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`, with `applied`; `E_UNSTORABLE_VALUE`.
   */
  async rotate(
    token: string | undefined,
    change: (data: Data) => Data | Promise<Data> = (data) => data,
  ): Promise<UpdatedSession<NewSession<Data>>> {
    const known = parseToken(token);
    if (!known) return { status: 'gone' };
    const successor = createToken(known.user);
    const result = await measured(this.#meter, () => this.#replace(known, successor.id, change));
    return result.status === 'ok' ? { ...result, token: successor.token } : result;
  }

  /** Ends a session. @throws {CacheError} `E_SHARED_UNAVAILABLE`: it may be repeated. */
  async destroy(token: string | undefined): Promise<EndedSession> {
    const known = parseToken(token);
    return known ? this.#end(known.user, known.id) : { ended: false, replicated: true };
  }

  /** Sessions of a user, the one that was used last first. @throws {CacheError} `E_SHARED_UNAVAILABLE` */
  list(userId: string): Promise<Session<Data>[]> {
    const key = this.#key(this.#user(userId));
    return measured(this.#meter, async () => {
      const fields = new Map(Object.entries(await readCommand(this.#connection, key, (node) => node.hgetall(key))));
      const sessions: Session<Data>[] = [];
      for (const [id, text] of fields) {
        const session = id.endsWith('!') ? undefined : this.#session(id, [text, fields.get(`${id}!`) ?? null]);
        if (session) sessions.push(session);
      }
      return sessions.sort((a, b) => b.lastSeenAt - a.lastSeenAt);
    });
  }

  /** Ends one of a user's sessions. @throws {CacheError} `E_SHARED_UNAVAILABLE`: it may be repeated. */
  async revoke(userId: string, id: string): Promise<EndedSession> {
    const user = this.#user(userId);
    return /^[\w-]{43}$/.test(id) ? this.#end(user, id) : { ended: false, replicated: true };
  }

  /**
   * Ends all sessions of a user: whichever had been begun when it was called.
   *
   * @param except the id of a session that stays.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`: it may be repeated.
   */
  revokeAll(userId: string, { except = '' }: { readonly except?: string } = {}): Promise<EndedSessions> {
    const user = this.#user(userId);
    return measured(this.#meter, async () => {
      this.#kept.forget(user);
      const { reply, replicated } = await runReplicated<number>(this.#connection, END_ALL, [this.#key(user)], [except]);
      return { ended: reply, replicated };
    });
  }

  #end(user: string, id: string): Promise<EndedSession> {
    return measured(this.#meter, async () => {
      this.#kept.forget(user);
      const { reply, replicated } = await runReplicated<number>(this.#connection, END, [this.#key(user)], [id]);
      return { ended: reply === 1, replicated };
    });
  }

  async #get(known: SessionToken): Promise<Session<Data> | undefined> {
    const { user, id } = known;
    try {
      const fields = await this.#used(known);
      const session = this.#session(id, fields);
      if (session && fields) this.#kept.keep(user, id, fields, this.#connection.now());
      else this.#kept.forget(user);
      return session;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      const kept = this.#session(id, this.#kept.get(user, id, this.#connection.now()));
      if (!kept && !this.#anonymous) throw error;
      counted(this.#meter, 'Unavailable');
      return kept;
    }
  }

  /** The session's fields, once its use is written down as far as one is due. */
  async #used({ user, id }: SessionToken): Promise<Fields | undefined> {
    const key = this.#key(user);
    const read = this.#touchMs > 0 ? await this.#fields(key, id) : undefined;
    if (read && !this.#isDue(read)) return read;
    try {
      const reply = await runScript<Reply | null>(this.#connection, USE, [key], [...this.#lives, id]);
      return reply ? this.#learned(reply) : undefined;
    } catch (error) {
      // A tier that can't write, because it is full or lacks replicas, can still say who is signed in.
      if (!read && (error as CacheError).applied !== 'no') throw error;
      return read ?? this.#fields(key, id);
    }
  }

  /** True where the session's next use is to be written down; one that has ended has none. */
  #isDue([text, uses]: Fields): boolean {
    return text !== null && this.#connection.now() - Number.parseInt(uses ?? '', 10) >= this.#touchMs;
  }

  async #replace(
    { user, id }: SessionToken,
    successor: string,
    change: (data: Data) => Data | Promise<Data>,
  ): Promise<UpdatedSession<{ readonly session: Session<Data> }>> {
    const key = this.#key(user);
    let session = this.#session(id, await this.#fields(key, id));
    for (let attempt = 0; attempt < ATTEMPTS && session; attempt++) {
      const { userId, device, version, data } = session;
      const text = this.#text(userId, device, await change(data));
      const args = [...this.#lives, id, version, text, successor];
      const reply = await runScript<[number, ...Reply] | null>(this.#connection, REPLACE, [key], args);
      this.#kept.forget(user);
      if (!reply) return { status: 'gone' };
      const [replaced, ...rest] = reply;
      session = this.#session(replaced ? successor : id, this.#learned(rest));
      if (replaced && session) return { status: 'ok', session };
      counted(this.#meter, 'Conflicts');
    }
    return { status: session ? 'conflict' : 'gone' };
  }

  async #fields(key: string, id: string): Promise<Fields> {
    const [text = null, uses = null] = await readCommand(this.#connection, key, (node) => node.hmget(key, id, `${id}!`));
    return [text, uses];
  }

  /** Fields of a reply, whose time is taken over. */
  #learned([now, ...fields]: Reply): Fields {
    this.#connection.learnTime(Number(now));
    return fields;
  }

  /** Session of its fields, where it hasn't ended. */
  #session(id: string, [text, uses]: Fields = [null, null]): Session<Data> | undefined {
    if (!text || !uses) return undefined;
    const [lastSeenAt = 0, createdAt = 0] = uses.split(' ').map(Number);
    const [idle, absolute] = this.#lives;
    const now = this.#connection.now();
    if (now >= lastSeenAt + idle || now >= createdAt + absolute) return undefined;
    const [, version, owner = '', data] = /^(\d+) ([^\n]*)\n(.*)$/s.exec(text) ?? [];
    return {
      id,
      ...(JSON.parse(owner) as { readonly userId: string; readonly device?: string }),
      data: (data ? JSON.parse(data) : undefined) as Data,
      version: Number(version),
      createdAt,
      lastSeenAt,
    };
  }

  #text(userId: string, device: string | undefined, data: Data): string {
    const text = valueText({ entryName: this.#name, key: 'data' }, data, JSON) ?? '';
    if (text.length <= MOST_DATA) return `${JSON.stringify({ userId, device })}\n${text}`;
    const message = `the data of a session of '${this.#name}' must be at most ${MOST_DATA} characters of JSON, got: ${text.length}`;
    throw new CacheError('E_UNSTORABLE_VALUE', message);
  }

  #user(userId: string): string {
    mustBe(typeof userId === 'string' && userId !== '', 'userId', "a text that isn't empty", userId);
    return userHash(userId);
  }

  #key(user: string): string {
    return patternKey(this.#connection.namespace, 'se', this.#name, user);
  }
}

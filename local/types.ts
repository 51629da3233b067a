import type { Observe } from './observations';

/**
 * Types that the products of the local platform share. Each product (a folder) turns resources of the synthesized template into
 * options (`fromTemplate`), runs them (`start`) and stops them (`dispose`). Products don't import each other; they meet in the
 * registry.
 */

/** Account and region of the deployment, and the servers of this machine. */
export interface Environment {
  readonly account: string;
  readonly region: string;
  /** Base URL of the one endpoint that answers every AWS API, without a trailing slash. `AWS_ENDPOINT_URL` of each function. */
  readonly endpointUrl: string;
  /** PEM file with the local certificate authority; `NODE_EXTRA_CA_CERTS` of each function. */
  readonly caFile: string;
  /** Folder for data directories, certificates, logs and secrets; owned by this platform alone. */
  readonly stateDir: string;
  /** A port of 127.0.0.1 that is this name's for the life of the platform, such as `gateway` or `postgres:<logical id>`. */
  port(name: string): number;
}

/** One resource of one synthesized stack. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** The properties with every intrinsic function resolved. Lazy: reading it may read attributes of other resources. */
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
  readonly properties: Record<string, any>;
  /** Path of an unpacked asset of a function or bucket deployment, by the S3 key that the template names. */
  asset(s3Key: string): string;
}

/** Properties and attributes of a CloudFormation type that a product runs. */
export interface ResourceType {
  /**
   * Property paths that make a difference here, with dots and without array indices, such as
   * `DistributionConfig.Origins.DomainName`. A path covers everything below it.
   */
  readonly honours: readonly string[];
  /** Property paths that make no difference here, each with the reason why. A path covers everything below it. */
  readonly ignores?: Readonly<Record<string, string>>;
  /** Value of `Ref`. */
  ref(resource: Resource, environment: Environment): string;
  /** Values of `Fn::GetAtt`, by attribute name. An attribute that is missing here stops the start. */
  readonly attributes?: Readonly<Record<string, (resource: Resource, environment: Environment) => string>>;
}

/** A product's types, by CloudFormation type name. The tables of all products make up all that `local/` can run. */
export type ResourceTypes = Readonly<Record<string, ResourceType>>;

/** The resolved templates of every stack of the stage, as products read them. */
export interface Model {
  readonly environment: Environment;
  /** Every resource of the type, in every stack, in the order of the templates. */
  resources(type: string): Resource[];
  /** The resource whose `Ref`, `Arn` attribute or other attribute is exactly this text. */
  find(type: string, reference: string): Resource | undefined;
  /** `Ref` of a resource. */
  ref(resource: Resource): string;
  /** An attribute of a resource. */
  attribute(resource: Resource, name: string): string;
}

/**
 * A product at run time. `dispose` may be called at any point and more than once, and leaves no process, socket or timer behind.
 */
export interface Product {
  start(): Promise<void>;
  dispose(): Promise<void>;
}

/** Result of an invocation. */
export interface InvokeResult {
  /** The function's answer as JSON text, or its error as Lambda reports it. */
  readonly payload: string;
  /** Set where the function threw, timed out or died. */
  readonly functionError?: 'Handled' | 'Unhandled';
  /** Request id of the invocation, where it got one. */
  readonly requestId?: string;
}

/** A function that can be called. */
export interface FunctionTarget {
  readonly arn: string;
  /** @throws {AwsError} `TooManyRequestsException` (429) where no environment is free and the concurrency is used up. */
  invoke(event: unknown): Promise<InvokeResult>;
}

/** A queue that can be sent to, and received from. */
export interface QueueTarget {
  readonly arn: string;
  readonly url: string;
  send(
    body: string,
    options?: { delaySeconds?: number; attributes?: Record<string, unknown> },
  ): { messageId: string; bodyMd5: string };
  receive(options: { maxMessages: number; visibilitySeconds?: number }): QueueMessage[];
  delete(receiptHandle: string): void;
  changeVisibility(receiptHandle: string, seconds: number): void;
}

/** A received message. */
export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly bodyMd5: string;
  readonly receiveCount: number;
  readonly sentAt: number;
  readonly firstReceivedAt: number;
}

/** Caller of the AWS endpoint, by the access key in its signature. */
export interface Caller {
  /** ARN of the role; a caller without a role of the template (an operator on this machine) has none and may do everything. */
  readonly roleArn?: string;
  /** ARN of the function whose environment holds the key. */
  readonly functionArn?: string;
}

/** Access key of a caller. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Access keys that calls of this platform's APIs are signed with. */
export interface Keys {
  /** Of the person who runs the platform, who may do everything. */
  readonly operator: Credentials;
  /** Of a function, known or not. */
  of(functionArn: string): Credentials;
  /** Secret of an access key id; undefined of an id that isn't this platform's. */
  secretOf(accessKeyId: string): string | undefined;
}

/**
 * Type of a member of an operation's input. Bytes are text in base64 over the wire, or a buffer where they are the whole body.
 */
export type Shape =
  | 'text'
  | 'number'
  | 'flag'
  | 'bytes'
  /** Time: seconds since the epoch, or ISO 8601. */
  | 'time'
  | { readonly list: Shape /** Name of a member in the Query protocol, where lists are flattened. */; readonly member?: string }
  | { readonly map: Shape; readonly member?: string }
  | { readonly structure: Members; readonly required?: readonly string[] };

/** Types of the members of a structure, by name. Members that aren't named are passed over, as AWS does. */
export type Members = Readonly<Record<string, Shape>>;

/** One operation of an AWS API. `Input` is the parsed request in the SDK's shape (members capitalised as the API spells them). */
// biome-ignore lint/suspicious/noExplicitAny: each operation narrows its own input
export interface Operation<Input = any> {
  /** Members of the input that are read; a member of another type is refused before {@link handle} is called. */
  readonly input: Members;
  /** Members of the input without which a call is refused. */
  readonly required?: readonly string[];
  /** The IAM action, such as `events:PutEvents`. */
  readonly action: string;
  /** True of an operation that needs no permission. @default false */
  readonly unrestricted?: boolean;
  /** The ARNs that the caller's policies must allow the action on. */
  resources(input: Input): string[];
  /** Answers in the SDK's shape. Throws {@link AwsError} for an error of the API. */
  handle(input: Input, caller: Caller): unknown;
}

/** The operations that a product answers, by service (the signing name) and operation name. */
export type Operations = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** An error as the AWS API of that service gives it. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly statusCode = 400,
    /** Headers of the response besides those of its protocol, such as the validators of a 304. Names in lower case. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'AwsError';
  }
}

/** Registry of functions and queues by ARN, and of servers by host name. */
export interface Registry {
  functions: Map<string, FunctionTarget>;
  queues: Map<string, QueueTarget>;
  /** Local origins by host name, such as `<rest api id>.execute-api.<region>.amazonaws.com`: base URL of the local server. */
  origins: Map<string, string>;
}

/** Time and chance, so that a test can hold both. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `milliseconds`; the returned function cancels. */
  schedule(milliseconds: number, callback: () => void): () => void;
}

/** Writes one line for a person: what happened, in which product. */
export type Log = (product: string, message: string) => void;

/** Dependencies of every product besides its own options. */
export interface ProductContext {
  readonly environment: Environment;
  /** Takes what happens, for a person to look at. @default - nobody looks, and nothing is made for it */
  readonly observe?: Observe;
  readonly registry: Registry;
  readonly keys: Keys;
  readonly clock: Clock;
  /** Uniform in [0, 1), from a seed. */
  random(): number;
  readonly log: Log;
}

import type { Credentials, Environment } from '../types';
import type { ConnectionRules } from './connections';
import type { FunctionOptions } from './options';

/** Lambda's file of the certificates of AWS's own authorities, which a function names in `NODE_EXTRA_CA_CERTS` to trust RDS. */
const LAMBDA_CA_FILE = '/var/runtime/ca-cert.pem';

/** Options of `connection-guard.cjs`. */
export interface GuardOptions extends ConnectionRules {
  /** Ports of this machine that stand for no server of the template. */
  readonly open: readonly number[];
  readonly timeoutMilliseconds: number;
}

/** Sources of {@link variables} besides the function. */
export interface VariableSources {
  readonly environment: Environment;
  /** Host, port and environment id of the Runtime API. */
  readonly runtimeApi: string;
  /** Access key by which the AWS endpoint knows the function. */
  readonly credentials: Credentials;
  readonly logStreamName: string;
  /** `PATH` of the platform's own process. */
  readonly path: string;
  /** Base URLs on this machine, by the host name that each stands for. */
  readonly hosts?: ReadonlyMap<string, string>;
  /** Connections that the process may make; undefined where that isn't decided. */
  readonly connections?: GuardOptions;
}

/**
 * All environment variables of a function's process: the template's, and Lambda's own, which win. Nothing of the platform's own
 * environment is passed on, so that a function can't work by accident.
 */
export function variables(options: FunctionOptions, sources: VariableSources): Record<string, string> {
  const { environment } = sources;
  const own = Object.fromEntries(
    Object.entries(options.variables).map(([name, value]) => [name, localUrl(value, sources.hosts)]),
  );
  if (own.NODE_EXTRA_CA_CERTS === LAMBDA_CA_FILE) own.NODE_EXTRA_CA_CERTS = environment.caFile;
  return {
    ...own,
    AWS_ACCESS_KEY_ID: sources.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sources.credentials.secretAccessKey,
    // Keys of a role come with one; it is signed with the rest, and has no meaning here.
    AWS_SESSION_TOKEN: 'local',
    // On this machine's Node.js, which may be older than the runtime of the template, the SDK warns once in each environment.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_ENDPOINT_URL: environment.endpointUrl,
    AWS_REGION: environment.region,
    AWS_DEFAULT_REGION: environment.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${options.runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(options.memoryMegabytes),
    AWS_LAMBDA_FUNCTION_NAME: options.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${options.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: sources.logStreamName,
    AWS_LAMBDA_RUNTIME_API: sources.runtimeApi,
    LAMBDA_TASK_ROOT: options.folder,
    LANG: 'en_US.UTF-8',
    PATH: sources.path,
    TZ: ':UTC',
    _HANDLER: options.handler,
    ...(sources.connections && { _LOCAL_CONNECTIONS: JSON.stringify(sources.connections) }),
  };
}

/** A variable that is a URL of the platform's own API or distribution, as the server of this machine that stands for it. */
function localUrl(value: string, hosts: VariableSources['hosts'] = new Map()): string {
  const host = /^https:\/\/([^/:]+)(?=\/|$)/.exec(value)?.[1];
  const url = host === undefined ? undefined : hosts.get(host);
  return url === undefined ? value : `${url}${value.slice(`https://${host}`.length)}`;
}

/** Arguments of Node: the heap gets nine tenths of the function's memory, as Lambda's runtime gives it. */
export function nodeArguments(options: FunctionOptions, bootstrap: string, preload?: string): string[] {
  const heap = `--max-old-space-size=${Math.floor(options.memoryMegabytes * 0.9)}`;
  return [heap, ...(preload === undefined ? [] : [`--require=${preload}`]), bootstrap];
}

import { type Credentials, signedHeaders } from '../lambdas/platform/http/signature';

/** A resource of a deployed stack. */
export interface DeployedResource {
  readonly logicalId: string;
  readonly type: string;
  /** Status of the resource, such as `CREATE_COMPLETE`. */
  readonly status: string;
}

export interface StacksOptions {
  readonly region: string;
  readonly credentials: Credentials;
  /** Base URL of another CloudFormation, such as a local platform's. @default - AWS's of the region */
  readonly endpoint?: string;
  /** @default fetch */
  readonly fetch?: (url: URL, init: { headers: Record<string, string> }) => Promise<Pick<Response, 'ok' | 'status' | 'text'>>;
  readonly now?: () => Date;
}

/** Client of CloudFormation that reads deployed stacks. */
export class Stacks {
  readonly #options: StacksOptions;

  constructor(options: StacksOptions) {
    this.#options = options;
  }

  /** Names of every stack. */
  async names(): Promise<string[]> {
    const xml = await this.#ask('DescribeStacks');
    return [...xml.matchAll(/<StackName>(.*?)<\/StackName>/gs)].map(([, name]) => name!);
  }

  /** @returns the values by name. @throws {Error} where there is no such stack. */
  async outputs(stack: string): Promise<Map<string, string>> {
    const xml = await this.#ask('DescribeStacks', stack);
    return new Map(members(xml, 'Outputs').map((output) => [text(output, 'OutputKey'), text(output, 'OutputValue')]));
  }

  /** @throws {Error} where there is no such stack. */
  async resources(stack: string): Promise<DeployedResource[]> {
    const xml = await this.#ask('DescribeStackResources', stack);
    return members(xml, 'StackResources').map((resource) => ({
      logicalId: text(resource, 'LogicalResourceId'),
      type: text(resource, 'ResourceType'),
      status: text(resource, 'ResourceStatus'),
    }));
  }

  async #ask(action: string, stack?: string): Promise<string> {
    const { region, credentials, endpoint, fetch = globalThis.fetch, now = () => new Date() } = this.#options;
    const url = new URL(endpoint ?? `https://cloudformation.${region}.amazonaws.com/`);
    url.search = new URLSearchParams({ Action: action, ...(stack && { StackName: stack }), Version: '2010-05-15' }).toString();
    const headers = signedHeaders(url, { credentials, region, service: 'cloudformation', now: now() });
    const response = await fetch(url, { headers }).catch((error: Error) => {
      throw new Error(`${url.host} can't be reached: ${(error.cause as Error | undefined)?.message ?? error.message}`);
    });
    const body = await response.text();
    if (response.ok) return body;
    throw new Error(
      `CloudFormation answered ${response.status} to ${action}${stack ? ` of stack '${stack}'` : ''}: ${text(body, 'Message')}`,
    );
  }
}

/** The members of a list, which hold no lists themselves where these are read. */
function members(xml: string, list: string): string[] {
  const content = new RegExp(`<${list}>(.*?)</${list}>`, 's').exec(xml)?.[1] ?? '';
  return [...content.matchAll(/<member>(.*?)<\/member>/gs)].map(([, member]) => member!);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function text(xml: string, element: string): string {
  const content = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(xml)?.[1] ?? '';
  return content.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!);
}

import * as path from 'node:path';
import { gatewayFromTemplate } from '../gateway';
import type { PathResource } from '../gateway/options';
import type { Platform } from '../platform';
import { CONNECTABLE, commandLine, engineToConnect } from './connect';
import type { RunningPlatform } from './running';

/** Addresses of this machine, a block to paste for clients, and the outputs of the stacks that are there to try. */
export function summary(platform: Platform, running: RunningPlatform, stateDir: string): string {
  const { edge, gateway, endpoint, console } = platform.urls;
  const rows = [
    ['edge', edge],
    ['gateway', gateway],
    ['AWS APIs', endpoint],
    ['console', console],
    ['data', running.engines.length > 0 ? 'made anew at this start' : undefined],
    ['logs', path.join(path.relative(process.cwd(), stateDir), 'logs')],
  ].filter(([, address]) => address);
  const tries = platform.outputs().filter(({ description }) => description?.startsWith('try: '));
  return [
    ...rows.map(([name, address]) => `  ${name!.padEnd(9)} ${address}`),
    ...platform.skipped.map(
      ({ stack, logicalId, type }) => `  skipped   ${stack}/${logicalId} (${type}): calls that need it fail`,
    ),
    '',
    '  # the environment of any AWS client; aws before 2.13 needs --endpoint-url "$AWS_ENDPOINT_URL" besides',
    `  export AWS_ENDPOINT_URL=${running.endpoint} AWS_REGION=${running.region} AWS_SHARED_CREDENTIALS_FILE=${running.credentialsFile}`,
    ...names(platform).map((line) => `  # ${line}`),
    ...clients(running),
    ...(tries.length === 0 ? routes(platform) : []),
    ...tries.flatMap(({ description, value }) => ['', `  # ${description!.slice('try: '.length)}`, `  ${value}`]),
    '',
  ].join('\n');
}

/** Paths that can be asked for, where no output says what to try. */
function routes({ model, urls: { edge, gateway } }: Platform): string[] {
  const base = edge ?? gateway;
  const reads = gatewayFromTemplate(model).apis.flatMap(({ root }) => pathsOf(root));
  if (base === undefined || reads.length === 0) return [];
  return ['', '  # to try, with a value for what stands in braces', ...reads.map((path) => `  curl -i '${base}${path}'`)];
}

/** Paths below a resource that have a GET. */
function pathsOf({ path, methods, children }: PathResource): string[] {
  return [...(methods.GET || methods.ANY ? [path] : []), ...children.flatMap(pathsOf)];
}

/** Physical names that calls of AWS's APIs take. */
function names({ model, edge }: Platform): string[] {
  const names = (type: string) => model.resources(type).map((resource) => model.ref(resource));
  const queues = names('AWS::SQS::Queue').map((url) => url.slice(url.lastIndexOf('/') + 1));
  const account = `$AWS_ENDPOINT_URL/${model.environment.account}`;
  return [
    ...names('AWS::CloudFront::Distribution').map((id) => `distribution ${id} ${edge.urls.get(id) ?? ''}`.trimEnd()),
    ...names('AWS::Events::EventBus').map((name) => `bus ${name}`),
    ...(queues.length > 0 ? [`queues ${account}/NAME with NAME one of`, ...queues.map((name) => `  ${name}`)] : []),
    ...names('AWS::S3::Bucket').map((name) => `bucket ${name}`),
  ];
}

function clients({ engines }: RunningPlatform): string[] {
  const found = CONNECTABLE.flatMap((kind) => engineToConnect(engines, kind) ?? []);
  if (found.length === 0) return [];
  const options = found.map(({ kind }) => `--connect ${kind}`).join(', ');
  return [
    '',
    `  # as the engines' administrator; or: npx cachement dev ${options}`,
    ...found.map((engine) => `  ${commandLine(engine)}`),
  ];
}

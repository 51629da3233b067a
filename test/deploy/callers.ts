import type { Route } from 'cachement/route';
import { mentions, type Resource } from './resources';

/** One way by which a function can be called from outside of the account's own services. */
export interface Caller {
  /** Address of the function. */
  readonly function: string;
  readonly method: string;
  /** Path as the API declares it, such as `/places/{id}`. */
  readonly path: string;
  readonly way: 'execute-api' | 'function URL';
  /** Who may: anybody, or whom IAM, an authorizer or a key lets in. */
  readonly who: 'anybody' | 'IAM' | 'authorizer' | 'API key';
}

/**
 * Each function, method and path that an API or a URL leads to, with who may call it. The edge leads to the API, and signs
 * nothing.
 */
export function callersOf(resources: readonly Resource[]): Caller[] {
  const functions = resources.filter(({ type }) => type === 'AWS::Lambda::Function');
  const called = (value: unknown): Resource | undefined => functions.find(({ address }) => mentions(value, address));
  return resources.flatMap((resource): Caller[] => {
    const { type, properties } = resource;
    if (type === 'AWS::Lambda::Url') {
      const target = called(properties.TargetFunctionArn);
      const who = properties.AuthType === 'AWS_IAM' ? 'IAM' : 'anybody';
      return target ? [{ function: target.address, method: 'ANY', path: '/', way: 'function URL', who }] : [];
    }
    if (type !== 'AWS::ApiGateway::Method') return [];
    const target = called(properties.Integration?.Uri);
    if (!target) return [];
    return [
      {
        function: target.address,
        method: properties.HttpMethod,
        path: pathOf(properties.ResourceId, resources),
        way: 'execute-api',
        who: whoMay(properties),
      },
    ];
  });
}

/** Callers that an app declares, each as a text: method, path, part of the function, and who may. */
export function declaredCallers(declared: {
  readonly routes: readonly Route[];
  readonly writes?: readonly { readonly route: Route; readonly method: string }[];
  readonly restricted?: readonly Route[];
}): string[] {
  const { routes, writes = [], restricted = [] } = declared;
  return routes.flatMap((route) => [
    ...['GET', 'HEAD'].map((method) => `${method} ${route.path} Reader ${restricted.includes(route) ? 'IAM' : 'anybody'}`),
    ...writes.filter((write) => write.route === route).map(({ method }) => `${method} ${route.path} Writer IAM`),
  ]);
}

/** Callers of a template in the form of {@link declaredCallers}. */
export function callerTexts(callers: readonly Caller[]): string[] {
  return callers.map(
    (caller) => `${caller.method} ${caller.path} ${/Functions(Reader|Writer)/.exec(caller.function)?.[1]} ${caller.who}`,
  );
}

function whoMay({ AuthorizationType = 'NONE', ApiKeyRequired }: Resource['properties']): Caller['who'] {
  if (AuthorizationType === 'AWS_IAM') return 'IAM';
  if (AuthorizationType !== 'NONE') return 'authorizer';
  return ApiKeyRequired === true ? 'API key' : 'anybody';
}

/** @returns path of a resource of an API, such as `/places/{id}`. */
export function pathOf(id: unknown, resources: readonly Resource[]): string {
  const resource = resources.find(({ type, address }) => type === 'AWS::ApiGateway::Resource' && mentions(id, address));
  if (!resource) return '';
  return `${pathOf(resource.properties.ParentId, resources)}/${resource.properties.PathPart}`;
}

import { defaultGroupOf, type Network } from './aws';
import type { EngineTarget } from './engines';
import type { ConnectionRules, ConnectionTarget } from './lambda';
import type { Model } from './types';

/** A server of the platform that stands for one with a public name, such as the gateway. */
export interface PublicServer {
  readonly name: string;
  readonly port: number;
}

/** HTTPS, by which every public server is reached in AWS, whatever its port on this machine is. */
const HTTPS = 443;

/** Connections that each function may make, by ARN: decided once, from the template, for all that listens on this machine. */
export function connectionRules(
  model: Model,
  network: Network,
  servers: { readonly engines: readonly EngineTarget[]; readonly public: readonly PublicServer[] },
): Map<string, ConnectionRules> {
  const engines = servers.engines.map((engine) => ({
    ...engine,
    securityGroups: engine.securityGroups.length > 0 ? engine.securityGroups : defaultGroupOf(model, engine.subnets[0]),
  }));
  return new Map(
    model.resources('AWS::Lambda::Function').map((fn) => {
      const functionArn = model.attribute(fn, 'Arn');
      const internet = network.reachInternet(functionArn);
      const onInternet = internet.ports.some(([first, last]) => first <= HTTPS && HTTPS <= last);
      const targets = [
        ...engines.flatMap((engine): ConnectionTarget[] => {
          const reach = network.reachInside(functionArn, { ...engine, ports: [engine.awsPort, ...engine.ports] });
          return engine.ports.map((port) => ({
            name: engine.name,
            port,
            ...(!reach.reachable && { missing: reach.reason }),
          }));
        }),
        ...servers.public.map(({ name, port }) => ({ name, port, ...(!onInternet && { missing: internet.reason }) })),
      ];
      return [functionArn, { targets, elsewhere: { ports: internet.ports, missing: internet.reason } }];
    }),
  );
}

import { App, Stack } from 'aws-cdk-lib';
import { PlatformNetwork } from '../../../lib/network/platform-network';
import { defineRoute, type Freshness, type Route } from '../../../lib/route';

/** An empty stack of an app that is not validated, which takes seconds. */
export const newStack = (): Stack => new Stack(new App({ builtinCloudFormationValidation: false }), 'test');

/** A stack with a network in it. */
export function newNetwork(): { stack: Stack; network: PlatformNetwork } {
  const stack = newStack();
  return { stack, network: new PlatformNetwork(stack, 'Network') };
}

/** A route that differs from others by name and path. */
export const routeAt = (name: string, path: string, freshness?: Freshness): Route => defineRoute({ name, path, freshness });

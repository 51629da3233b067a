import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { addressesOf } from '../../../bin/verify/addresses';
import { PROBES } from '../../../bin/verify/probes';
import { Target } from '../../../bin/verify/target';
import { outcome } from './outcome';

/** Runs one probe against the stack that it is in. */
export async function handler({ point }: { readonly point: string }): Promise<string> {
  const events = new EventBridgeClient({});
  const [credentials, region] = [await events.config.credentials(), await events.config.region()];
  const clients = { cloudfront: new CloudFrontClient({}), gateway: new APIGatewayClient({}), events, queues: new SQSClient({}) };
  const addresses = addressesOf(new Map(Object.entries(JSON.parse(process.env.OUTPUTS!) as Record<string, string>)));
  return outcome(PROBES, point, new Target({ ...addresses, region, credentials, clients }));
}

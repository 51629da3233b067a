import { Arn, ArnFormat, type Stack, Token } from 'aws-cdk-lib';
import { EDGE_REGION } from '../operations/firewall';
import type { EdgeDomain } from './edge-distribution-props';

/** @throws {RangeError} where the certificate is made in another region than a distribution takes it from. */
export function checkCertificate(domain: EdgeDomain | undefined): void {
  if (!domain) return;
  const { certificate } = domain;
  const isLiteral = !Token.isUnresolved(certificate.certificateArn);
  // An ARN from elsewhere that isn't known yet, such as a parameter's, can't be looked at.
  if (!isLiteral && !certificate.node.defaultChild) return;
  // A literal ARN names its region; an imported construct's environment is that of the stack.
  const region = isLiteral ? Arn.split(certificate.certificateArn, ArnFormat.SLASH_RESOURCE_NAME).region : certificate.env.region;
  if (region === EDGE_REGION) return;
  const got =
    region === undefined || Token.isUnresolved(region) ? 'a region that is only known when it is deployed' : `'${region}'`;
  throw new RangeError(
    `edge distribution: 'domain.certificate' must be in ${EDGE_REGION}, got: ${got}; make it in a stack with that 'env.region', such as UsEast1Stack`,
  );
}

/**
 * @throws {RangeError} where CloudFront isn't, or isn't as a distribution needs it.
 *
 * @see https://docs.amazonaws.cn/en_us/aws/latest/userguide/cloudfront.html
 */
export function checkPartition({ region }: Stack): void {
  if (Token.isUnresolved(region) || !/^(cn|us-gov|us-iso|eu-isoe)/.test(region)) return;
  throw new RangeError(
    `edge distribution: the stack must be of a commercial region, since CloudFront isn't in GovCloud, and in China has neither a name of its own nor additional metrics, got: '${region}'; ` +
      "make the edge in a commercial account, and name it here by 'fromEdgeDistributionAttributes'",
  );
}

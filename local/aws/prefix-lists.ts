import { own } from '../own';
import type { Model } from '../types';
import type { PrefixList } from './network';

/**
 * AWS's own list of the addresses of S3, by region; the same id can be another service's list in another region. As
 * `aws ec2 describe-managed-prefix-lists` gives them in public configurations; a region that is missing here has one too.
 */
const S3: Readonly<Record<string, string>> = {
  'ap-northeast-2': 'pl-78a54011',
  'ap-southeast-1': 'pl-6fa54006',
  'eu-central-1': 'pl-6ea54007',
  'eu-west-1': 'pl-6da54004',
  'sa-east-1': 'pl-6aa54003',
  'us-east-1': 'pl-63a5400a',
  'us-east-2': 'pl-7ba54012',
  'us-west-1': 'pl-6ba54002',
  'us-west-2': 'pl-68a54001',
};

/** The lists that a rule may name: those of the template, and AWS's of S3. */
export function prefixLists(model: Model): Map<string, PrefixList> {
  const { region } = model.environment;
  const lists = new Map<string, PrefixList>(
    model.resources('AWS::EC2::PrefixList').map((list) => {
      const entries: readonly { readonly Cidr: string }[] = list.properties.Entries ?? [];
      return [model.attribute(list, 'PrefixListId'), { cidrs: entries.map(({ Cidr }) => Cidr) }];
    }),
  );
  const s3 = own(S3, region);
  if (s3) lists.set(s3, { service: `com.amazonaws.${region}.s3` });
  return lists;
}

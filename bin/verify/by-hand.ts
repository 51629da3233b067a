import type { ByHand } from './probe';

/** Questions of `docs/differences/` that no probe answers, each with what would. */
export const BY_HAND: readonly ByHand[] = [
  {
    question: 'May any role call `pg_control_checkpoint()` on RDS?',
    why: 'Only the network of the stage reaches its database. From there, as cachement_reader: SELECT timeline_id FROM pg_control_checkpoint()',
  },
  {
    question: 'Does ElastiCache publish failovers to an SNS topic without encryption only?',
    why: 'It takes a failover: `aws elasticache test-failover` on dev, once with a topic that has a key; then look for the log of the topology function.',
  },
  {
    question: 'Does the method setting `/*` `*` cover a method `ANY`?',
    why: 'It takes a second API with a cache cluster and nothing but that setting; ask a path of it twice.',
  },
  {
    question: 'Does the maximum TTL cap `stale-while-revalidate` and `stale-if-error`?',
    why: 'It takes a behaviour with a maximum TTL of some seconds, an answer that allows minutes of stale-if-error, and an origin that fails in between.',
  },
  {
    question: "Do response headers policies and viewer-response functions run for answers of the edge's own?",
    why: 'Each such answer (400, 403, 413, 502, 503, 504) has to be provoked on a distribution of its own; look for the header of a policy.',
  },
  {
    question: 'Is a caller reference used up by `TooManyInvalidationsInProgress`?',
    why: 'It takes 3000 items in progress, which cost 10 USD: send one more, wait, and send it again under its reference.',
  },
  {
    question: 'Do wildcards count among the 3000 items too?',
    why: 'It takes 3000 items in progress, which cost 10 USD: 2985 tags and then 16 wildcards, and which limit the error names.',
  },
  {
    question: 'Status of an origin that refuses connections',
    why: 'It takes an origin of another kind than an API: a distribution before a host with a closed port.',
  },
  {
    question: "Are a connection's attempts repeated at once?",
    why: 'It takes an origin that is silent, and the time until CloudFront answers 504 with one attempt and with three.',
  },
  {
    question: '`Server-Timing` of the origin on a miss',
    why: 'It takes a response headers policy with Server-Timing, and an origin that sends the header too: read it on a miss of the stage.',
  },
  {
    question: 'Which text do denials have in each service?',
    why: "It takes a role that is denied: `aws events put-events`, `sqs send-message` and so on, with a role that allows nothing, and each one's text.",
  },
  {
    question: 'Name and status of a denial',
    why: 'As before, with --debug for the status.',
  },
  {
    question: "Does an Allow on the account's root in a resource policy grant anything by itself?",
    why: 'It takes a role that allows nothing, and a bus whose policy allows the root: the bus of a stage has one. Put an event by such a role.',
  },
  {
    question: 'When does a `rate` first fire?',
    why: 'It takes a stack that is minutes old: compare the first run of the sweep in the log of the relay with the creation of its rule.',
  },
  {
    question: 'Do presigned responses of custom resources pass an S3 endpoint policy that names principals?',
    why: 'It takes a network of its own: name the account in the policy of the S3 endpoint, and deploy a migration. It hangs for its timeout if not.',
  },
  {
    question: 'Does a function in a public subnet reach the internet?',
    why: 'It takes a VPC with a public subnet and a function in it that asks any address.',
  },
  {
    question: 'Is the HTTP method part of its key?',
    why: 'It takes a path with two cached methods: ask by GET, then by HEAD or OPTIONS, and compare.',
  },
  {
    question: 'How is a stage guarded that CloudFormation made?',
    why: "`aws apigateway get-stage` on the probes' API: 'unauthorizedCacheControlHeaderStrategy'. Probe gateway/refresh-refused shows the same from outside.",
  },
  {
    question: 'What is the 403 of `FAIL_WITH_403`?',
    why: 'It takes a stage that is set so: send max-age=0 without a signature, and read body and headers.',
  },
  {
    question: 'Are method settings inherited value by value from those for all methods?',
    why: 'It takes a stage with settings for all methods, and one method that sets a single value: `aws apigateway get-stage`, and ask twice.',
  },
  {
    question: 'Does a setting for all methods cache a GET that an ANY method takes?',
    why: 'As for the setting `/*` `*`.',
  },
  {
    question: 'Does a resource without methods hide a greedy one above it?',
    why: 'It takes an API with /a/{proxy+} and a resource /a/b without methods: ask for /a/b.',
  },
  {
    question: 'When is a base64 body decoded?',
    why: 'It takes an API with binary types and a function that answers base64: ask with several Accept headers.',
  },
  {
    question: 'Does an asynchronous handler that never settles answer `null`?',
    why: 'Behind an API both are 502: invoke such a function by `aws lambda invoke`, on each runtime.',
  },
];

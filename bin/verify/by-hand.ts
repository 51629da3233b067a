import type { ByHand } from './probe';

/** Questions of `docs/differences/` that no probe answers, each with what would. */
export const BY_HAND: readonly ByHand[] = [
  {
    question: 'May any role call `pg_control_checkpoint()` on RDS?',
    why: 'Only the network of the stage reaches its database. From there, as cachement_reader: SELECT timeline_id FROM pg_control_checkpoint()',
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
    question: "Must each entry of `PutEvents` have a source and a detail-type that the statement's conditions name?",
    why: "It takes a role: assume one with the relay's policy, and `aws events put-events` of two of its detail-types, then of one that isn't its own.",
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
  {
    question: 'Are `/a%2Fb` and `/a/b` the same value of a greedy path parameter?',
    why: 'It takes an API with a cached greedy path: ask for both spellings, and look whether the second is a hit.',
  },
  {
    question: 'Does `X-HTTP-Method-Override` count?',
    why: 'Ask the API of dev with GET and `X-HTTP-Method-Override: DELETE`, signed and unsigned, and look for the method in the access log.',
  },
  {
    question: "Does a viewer's `Connection` take headers away?",
    why: 'Send `Connection: Foo` and `Foo` through a behaviour whose cache policy has `Foo`, to an origin that returns what it got.',
  },
  {
    question: 'In which spelling are headers forwarded?',
    why: 'Read the raw header lines at an origin that returns them.',
  },
  {
    question: 'Is `Vary: Accept-Encoding` added to what may be compressed?',
    why: 'Ask for a compressed and for a plain copy of one object of the stage, and compare the headers.',
  },
  {
    question: 'Is `X-HTTP-Method-Override` forwarded?',
    why: 'Send it through the distribution of dev to an origin that returns what it got.',
  },
  {
    question: 'Is a body of OPTIONS forwarded where OPTIONS is cached?',
    why: "It takes a behaviour that caches OPTIONS, and an origin that returns the body's length.",
  },
  {
    question: 'Is a percent sign that begins no escape refused?',
    why: 'Ask the API of dev for a path with `%zz`, and for `%25zz`.',
  },
  {
    question: 'Is an object stored that all its viewers have left before it came?',
    why: 'Ask a slow origin, leave after a second, and ask again: a hit, or a second request at the origin.',
  },
  {
    question: 'Is the page of an error replaced where it fails with another error that has a page?',
    why: "It takes two custom error responses, the page of one of which answers with the other's status.",
  },
  {
    question: 'What becomes of an `Age` that the origin sends?',
    why: 'Have an origin send `Age: 30` with `s-maxage=60`; read `Age` on the miss and on hits, and when it expires.',
  },
  {
    question: 'What can a CloudFront Function not return?',
    why: 'Test a function that returns each value with `aws cloudfront test-function`, and then on a distribution.',
  },
  {
    question: "What do `max-age=-1`, `max-age='3600'` and dates that are none mean?",
    why: 'Have an origin send each, and ask again after a second.',
  },
  {
    question: 'What do more than 10,240 bytes of request line and header values get?',
    why: 'Send eleven kilobytes in one header to the API of dev.',
  },
  {
    question: 'What does a query string with a raw `\\|`, `{` or `}` get?',
    why: "Ask the API of dev with each, by a client that doesn't encode them.",
  },
  {
    question: 'What if an origin repeats a header that may stand once?',
    why: 'Have an origin send `Content-Type` twice, and `X-Cache` of its own.',
  },
  {
    question: 'What is a 304 of an origin that was asked without conditions, or a 101?',
    why: 'Have an origin answer with each.',
  },
  {
    question: 'What is a request with two `Host` headers, of HTTP/0.9 or of a version other than 1?',
    why: 'Write each to the distribution of dev with `openssl s_client`.',
  },
  {
    question: 'Which answers are shared by requests that came together?',
    why: 'Send fifty requests at once for an answer that takes a second, by its `Cache-Control` and status; count requests at the origin.',
  },
  {
    question: 'Which headers may a cache policy not name?',
    why: 'Create a policy with each header of the table of request headers, and note which are refused.',
  },
  {
    question: 'Which of several values of a query string is in a key?',
    why: 'Ask a cached method of dev with `?limit=1&limit=2`, then with each value alone, and look which is a hit.',
  },
  {
    question: '`X-Cache` of a stale answer that is fetched behind?',
    why: 'It takes an answer with `stale-while-revalidate` that has expired; read the header of the first answer after.',
  },
  {
    question: 'Which gateway response is an incomplete signature, or an unknown key?',
    why: 'Ask the API of dev with a signature that lacks a part, and with a key that AWS never made; read `x-amzn-ErrorType` of each.',
  },
  {
    question: 'Is a request that was signed taken before or after its time?',
    why: 'Sign a request to the API of dev, and send it after four and after six minutes; then one with a date that is to come.',
  },
];

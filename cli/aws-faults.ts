/** Faults of a client of AWS, by name or message, with what mends them. */
const FAULTS: readonly { readonly sign: RegExp; readonly text: string }[] = [
  {
    sign: /Region is missing/,
    text: 'no region is set: export AWS_REGION, or leave out --bus and --api for the platform that runs in this folder',
  },
  {
    sign: /CredentialsProviderError|Could not load credentials/,
    text: 'there are no credentials of AWS: log in with `aws sso login` or `aws configure`; for a platform on this machine paste what `cachement dev` prints',
  },
  {
    sign: /ExpiredToken/,
    text: 'the credentials have expired: log in again, with `aws sso login` or as you did before',
  },
  {
    sign: /UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignature|security token included in the request is invalid/,
    text: 'these credentials are not taken: they are wrong, or of another account or platform',
  },
  {
    sign: /ECONNREFUSED/,
    text: "nothing listens at the endpoint: start the platform with `npx cachement dev`, or unset AWS_ENDPOINT_URL for AWS's own",
  },
];

/** Runs work of a client of AWS. @throws its error, with what mends it in front, where that is known. */
export async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error as Error;
    const code = (error as { code?: string }).code ?? '';
    const fault = FAULTS.find(({ sign }) => sign.test(`${name} ${code} ${message}`));
    throw fault ? new Error(`${fault.text}\n(${message || code})`, { cause: error }) : error;
  }
}

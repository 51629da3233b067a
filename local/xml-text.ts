/** Characters that an XML document can't hold in any form: most control characters, and lone surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters meant
const NOT_IN_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;

/** Text between two tags. */
export function escapeText(text: string): string {
  return text
    .replace(NOT_IN_XML, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

/** Body of an error of S3, to clients of its API and to CloudFront alike. */
export function s3Error(code: string, message: string, requestId: string): string {
  const error = `<Code>${escapeText(code)}</Code><Message>${escapeText(message)}</Message><RequestId>${requestId}</RequestId>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${error}</Error>`;
}

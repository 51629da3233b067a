export { accessKeyId } from './access-key';
export { credentialsFile, Keyring, operatorKeys } from './keyring';
export { type Signature, type SignedRequest, scopeProblem, signatureOf, signatureProblem, timeProblem } from './signature';

export { accessKeyId } from './access-key';
export { credentialsFile, Keyring, operatorKeys } from './keyring';
export { distributionKeys, type ServiceCaller, serviceCaller } from './service-caller';
export {
  type Signature,
  type SignedRequest,
  scopeProblem,
  signatureOf,
  signatureProblem,
  signedHeaders,
  timeProblem,
  type UnsignedRequest,
} from './signature';

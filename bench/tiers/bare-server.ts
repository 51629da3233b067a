import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Node HTTP server that does nothing but answer with a body of the sample's size: what this machine can do at best. */
const body = JSON.stringify({ id: 1, name: 'x'.repeat(120) });
const server = http.createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

import { foreignRequest, foreignToSite } from '../../../local/http';

test.each([
  [{ host: '127.0.0.1:4566' }],
  [{ host: 'localhost' }],
  [{ host: 'queue.localhost:4566' }],
  [{ host: '[::1]:80' }],
  [{ host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }],
  [{ host: 'localhost:8080', 'sec-fetch-site': 'none' }],
])('a client of this machine is let in: %j', (headers) => {
  expect(foreignRequest(headers)).toBeUndefined();
});

test.each([
  [{}, "'Host' must be a name of loopback, got: ''"],
  [{ host: 'attacker.example:4566' }, "'Host' must be a name of loopback, got: 'attacker.example:4566'"],
  [{ host: '127.0.0.1.attacker.example' }, "'Host' must be a name of loopback, got: '127.0.0.1.attacker.example'"],
  [{ host: 'localhost.attacker.example' }, "'Host' must be a name of loopback, got: 'localhost.attacker.example'"],
  [
    { host: '127.0.0.1:4566', origin: 'https://attacker.example' },
    "'Origin' must be absent or http://127.0.0.1:4566, got: 'https://attacker.example'",
  ],
  [{ host: '127.0.0.1:4566', origin: 'null' }, "'Origin' must be absent or http://127.0.0.1:4566, got: 'null'"],
  [{ host: '127.0.0.1:4566', 'sec-fetch-site': 'cross-site' }, "'Sec-Fetch-Site' must be none or same-origin, got: 'cross-site'"],
])('a page of another site is kept out: %j', (headers, reason) => {
  expect(foreignRequest(headers)).toBe(reason);
});

const OWN = '127.0.0.1:8080';
const isOwn = (name: string) => name === 'www.example.com';

test.each([
  ['GET', { host: OWN, origin: 'https://other.example', 'sec-fetch-site': 'cross-site' }],
  ['OPTIONS', { host: OWN, origin: 'https://other.example', 'access-control-request-method': 'PATCH' }],
  ['GET', {}],
  ['PATCH', { host: OWN }],
  ['PATCH', { host: OWN, origin: `http://${OWN}`, 'sec-fetch-site': 'same-origin' }],
  ['PATCH', { host: OWN, origin: 'http://localhost:5173', 'sec-fetch-site': 'cross-site' }],
  ['PATCH', { host: 'WWW.example.com:8080', origin: 'https://www.example.com' }],
])('a website on loopback takes %s with %j', (method, headers) => {
  expect(foreignToSite({ method, headers }, isOwn)).toBeUndefined();
});

test.each([
  ['GET', { host: 'attacker.example:8080' }, "'Host' must be a name of loopback or of this site, got: 'attacker.example:8080'"],
  [
    'GET',
    { host: 'attacker.www.example.com' },
    "'Host' must be a name of loopback or of this site, got: 'attacker.www.example.com'",
  ],
  [
    'POST',
    { host: OWN, origin: 'https://a.example' },
    "'Origin' of a POST must be a name of loopback or of this site, got: 'https://a.example'",
  ],
  ['PUT', { host: OWN, origin: 'null' }, "'Origin' of a PUT must be a name of loopback or of this site, got: 'null'"],
  [
    'DELETE',
    { host: OWN, origin: 'http://localhost@a.example' },
    "'Origin' of a DELETE must be a name of loopback or of this site, got: 'http://localhost@a.example'",
  ],
  [
    'CUSTOM',
    { host: OWN, 'sec-fetch-site': 'cross-site' },
    "'Sec-Fetch-Site' of a CUSTOM must be none or same-origin, got: 'cross-site'",
  ],
])('a website on loopback refuses %s with %j', (method, headers, reason) => {
  expect(foreignToSite({ method, headers }, isOwn)).toBe(reason);
});

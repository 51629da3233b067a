import { foreignRequest } from '../../../local/http';

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

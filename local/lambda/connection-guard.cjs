// Preloaded into every execution environment, and into its workers: a TCP connection that the template's network would block is
// not made. It stands for the network interface of the function, so it has no dependencies and imports nothing of the platform. A
// blocked connection behaves as one whose packets are dropped: nothing happens until a timeout, the client's own or the kernel's.
'use strict';

const fs = require('node:fs');
const net = require('node:net');

const { open, targets, elsewhere, timeoutMilliseconds } = JSON.parse(process.env._LOCAL_CONNECTIONS);

/** Where the platform reads what was tried, a line of JSON each. */
const REPORT_DESCRIPTOR = 3;

const byPort = new Map(targets.map((target) => [target.port, target]));

/** Names of connections that were reported as made; one report a process is enough of those. */
const reported = new Set();

const isLoopback = (host) => host === 'localhost' || host === '::1' || host === '0.0.0.0' || /^127\./.test(host);

/** What there is at an address; undefined for what is this process's own, or the platform's runtime. */
function targetOf(host, port) {
  if (isLoopback(host)) return open.includes(port) ? undefined : byPort.get(port);
  const reached = elsewhere.ports.some(([first, last]) => first <= port && port <= last);
  return { name: `${host}:${port}`, ...(!reached && { missing: elsewhere.missing }) };
}

function report({ name, missing }) {
  if (missing === undefined) {
    if (reported.has(name)) return;
    reported.add(name);
  }
  try {
    fs.writeSync(REPORT_DESCRIPTOR, `${JSON.stringify({ name, missing })}\n`);
  } catch {
    // The platform is gone, or this is a process that the function started.
  }
}

/** Host and port of a call in any of the forms of `net.Socket.connect`; undefined for what is no TCP. */
function addressOf([first, second]) {
  // `net.connect` hands over its own arguments, normalised: options and callback in an array.
  const options = Array.isArray(first) ? first[0] : first;
  if (typeof options === 'object' && options !== null) {
    return options.path ? undefined : { host: options.host || 'localhost', port: Number(options.port) };
  }
  const port = Number(options);
  return Number.isInteger(port) ? { host: typeof second === 'string' ? second : 'localhost', port } : undefined;
}

function callbackOf(args) {
  const all = Array.isArray(args[0]) ? args[0] : args;
  return all.find((argument) => typeof argument === 'function');
}

/** A socket that waits for an answer which never comes. */
function hang(socket, { host, port }, callback) {
  socket.connecting = true;
  if (callback) socket.once('connect', callback);
  const timer = setTimeout(() => {
    socket.connecting = false;
    const details = { code: 'ETIMEDOUT', errno: -110, syscall: 'connect', address: host, port };
    socket.destroy(Object.assign(new Error(`connect ETIMEDOUT ${host}:${port}`), details));
  }, timeoutMilliseconds);
  socket.once('close', () => clearTimeout(timer));
  return socket;
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const address = addressOf(args);
  const target = address && targetOf(address.host, address.port);
  if (target) report(target);
  return target?.missing === undefined ? connect.apply(this, args) : hang(this, address, callbackOf(args));
};

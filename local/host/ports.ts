import * as net from 'node:net';

/** Ports of a platform. A full platform with three shards needs about 20. */
const BLOCK_SIZE = 64;

/**
 * Blocks lie below the range that systems take client ports from (Linux: from 32768, IANA: from 49152), so that no outgoing
 * connection sits on a port between its choice and its use.
 */
const FIRST_BLOCK = 12_288;
const LAST_BLOCK = 32_768 - BLOCK_SIZE;

const LOOPBACK = '127.0.0.1';

/** A port that somebody else listens on. */
export class PortInUseError extends Error {
  constructor(readonly port: number) {
    super(`port ${port} is in use; end whatever listens there, or choose another port with --port`);
    this.name = 'PortInUseError';
  }
}

/** Ports of 127.0.0.1 by name, from a block that no other platform of this machine has. */
export class Ports {
  readonly #guard: net.Server;
  readonly #free: number[];
  readonly #byName = new Map<string, number>();

  private constructor(guard: net.Server, free: number[]) {
    this.#guard = guard;
    this.#free = free;
  }

  /**
   * Takes a block. Its first port stays in use until {@link Ports.release}, which keeps platforms that start at once apart.
   * @param random - where to start looking; the lowest block by default, so that ports are mostly the same at every start
   * @throws {Error} where no block has enough free ports.
   */
  static async take(random: () => number = () => 0): Promise<Ports> {
    const blocks = (LAST_BLOCK - FIRST_BLOCK) / BLOCK_SIZE;
    const first = Math.floor(random() * blocks);
    for (let n = 0; n < blocks; n++) {
      const base = FIRST_BLOCK + ((first + n) % blocks) * BLOCK_SIZE;
      const guard = await listen(base);
      if (!guard) continue;
      const rest = Array.from({ length: BLOCK_SIZE - 1 }, (_, index) => base + 1 + index);
      const free = (await Promise.all(rest.map(async (port) => ((await isFree(port)) ? port : 0)))).filter((port) => port > 0);
      if (free.length > BLOCK_SIZE / 2) return new Ports(guard, free);
      await close(guard);
    }
    throw new Error(`no ${BLOCK_SIZE} free ports in a row between ${FIRST_BLOCK} and ${LAST_BLOCK + BLOCK_SIZE}`);
  }

  /** The port of this name; the same one at every call. */
  port(name: string): number {
    let port = this.#byName.get(name);
    if (port === undefined) {
      port = this.#free.shift();
      if (port === undefined) throw new Error(`no free port is left for '${name}': ${this.#byName.size} are taken`);
      this.#byName.set(name, port);
    }
    return port;
  }

  /** Gives a name a port of one's own choice. @throws {PortInUseError} */
  async claim(name: string, port: number): Promise<void> {
    if (!(await isFree(port))) throw new PortInUseError(port);
    this.#byName.set(name, port);
  }

  /** Gives a name the first free one of `count` ports. @throws {PortInUseError} where none is. */
  async claimFrom(name: string, first: number, count: number): Promise<void> {
    for (let port = first; port < first + count; port++) {
      if (!(await isFree(port))) continue;
      this.#byName.set(name, port);
      return;
    }
    throw new PortInUseError(first);
  }

  async release(): Promise<void> {
    if (this.#guard.listening) await close(this.#guard);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server) await close(server);
  return server !== undefined;
}

/** @returns undefined where somebody else listens. @throws for any other reason, such as a port that only root may use. */
function listen(port: number): Promise<net.Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(port, LOOPBACK, () => resolve(server));
  });
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

import type { ErrorEmitter } from 'ioredis/built/connectors/AbstractConnector';
import StandaloneConnector, { type StandaloneConnectionOptions } from 'ioredis/built/connectors/StandaloneConnector';
import type { NetStream } from 'ioredis/built/types';

/**
 * Connects as ioredis does, once the credentials of the moment are known, and holds back what is written to the socket until the
 * turn of the event loop ends, so that the commands of one turn leave in one packet. Commands stay single, so redirections and
 * errors stay theirs, which pipelining across a cluster does not give.
 */
export class CorkedConnector extends StandaloneConnector {
  /** ioredis passes its own options, and types them as unknown. */
  constructor(options: unknown) {
    super(options as StandaloneConnectionOptions);
  }

  override async connect(emitter: ErrorEmitter): Promise<NetStream> {
    const { signIn } = this.options as { signIn?: () => Promise<void> };
    this.connecting = true;
    await signIn?.();
    if (!this.connecting) throw new Error('the connection was closed before it began');
    const stream = await super.connect(emitter);
    cork(stream);
    return stream;
  }
}

/**
 * Joins texts before the stream sees them: `stream.cork()` would do the same for the network, but keeps an object and a buffer
 * for each write, which costs as much as the rest of a command.
 */
export function cork(stream: NetStream): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const end = stream.end.bind(stream) as (...args: unknown[]) => NetStream;
  let held = '';
  const flush = () => {
    const text = held;
    held = '';
    if (text !== '' && stream.writable) write(text);
  };
  stream.write = ((chunk: unknown, ...rest: unknown[]) => {
    if (typeof chunk !== 'string' || rest.length > 0) {
      // Bytes, or somebody who wants to hear when they are gone: behind what is held, in order.
      flush();
      return write(chunk, ...rest);
    }
    if (held === '') setImmediate(flush);
    held += chunk;
    return true;
  }) as NetStream['write'];
  stream.end = ((...args: unknown[]) => {
    flush();
    return end(...args);
  }) as NetStream['end'];
}

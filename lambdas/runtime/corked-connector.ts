import type { ErrorEmitter } from 'ioredis/built/connectors/AbstractConnector';
import StandaloneConnector, { type StandaloneConnectionOptions } from 'ioredis/built/connectors/StandaloneConnector';
import type { NetStream } from 'ioredis/built/types';

/**
 * Connects as ioredis does, and holds back what is written to the socket until the turn of the event loop ends, so that the commands of one
 * turn leave in one packet. Commands stay single, so redirections and errors stay theirs, which pipelining across a cluster does not give.
 */
export class CorkedConnector extends StandaloneConnector {
  /** ioredis passes its own options, and types them as unknown. */
  constructor(options: unknown) {
    super(options as StandaloneConnectionOptions);
  }

  override async connect(emitter: ErrorEmitter): Promise<NetStream> {
    const stream = await super.connect(emitter);
    cork(stream);
    return stream;
  }
}

function cork(stream: NetStream): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let held = false;
  stream.write = ((...args: unknown[]) => {
    if (!held) {
      held = true;
      stream.cork();
      setImmediate(() => {
        held = false;
        stream.uncork();
      });
    }
    return write(...args);
  }) as NetStream['write'];
}

import { randomUUID } from 'node:crypto';

/** What a custom resource's function puts to `ResponseURL`, unparsed. */
export interface Expected {
  /** Path to put the response to. */
  readonly path: string;
  /** Resolves with the body that was put. Never rejects. */
  readonly body: Promise<string>;
  /** Stops waiting; a later put is answered 404. */
  forget(): void;
}

/** The prefix of every `ResponseURL`'s path. */
export const RESPONSE_PATH = '/_custom-resource/';

/** Stands in for the S3 bucket that CloudFormation gives out signed URLs of. A server hands requests over by {@link receive}. */
export class ResponseInbox {
  private readonly waiting = new Map<string, (body: string) => void>();

  expect(): Expected {
    const path = `${RESPONSE_PATH}${randomUUID()}`;
    const body = new Promise<string>((resolve) => this.waiting.set(path, resolve));
    return { path, body, forget: () => this.waiting.delete(path) };
  }

  /** Takes a body that was put to a path. @returns whether somebody waits for it; a URL takes one response only. */
  receive(path: string, body: string): boolean {
    const resolve = this.waiting.get(path);
    this.waiting.delete(path);
    resolve?.(body);
    return resolve !== undefined;
  }
}

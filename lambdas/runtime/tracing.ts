import type { Read } from './entry/cached-value';

/** Tracer of a cache: runs what it is given within a span of its own. */
export type Tracing = <R>(span: 'cache.read' | 'cache.load', run: () => Promise<R>) => Promise<R>;

/** Members of OpenTelemetry's span that are used. */
interface Span {
  setAttributes(attributes: Readonly<Record<string, string | number | boolean>>): unknown;
  recordException(error: Error): void;
  setStatus(status: { readonly code: typeof FAILED }): unknown;
  end(): void;
}

/** `SpanStatusCode.ERROR` */
const FAILED = 2;

interface Tracer {
  startActiveSpan<R>(name: string, run: (span: Span) => R): R;
}

interface TracerProvider {
  getTracer(name: string): Tracer;
}

/**
 * Symbol under which `@opentelemetry/api` keeps what an application has set up, for every copy of itself: whoever traces has it
 * there, and nothing is to be passed.
 */
const API = Symbol.for('opentelemetry.js.api.1');

/**
 * Spans of reads and loads, for the cache's `tracing`: those of the tracer that the application has set up with
 * `@opentelemetry/api`, before or after; none while there is none.
 */
export function openTelemetry(): Tracing {
  let provider: TracerProvider | undefined;
  let tracer: Tracer | undefined;
  return (name, run) => {
    const current = (globalThis as { [API]?: { trace?: TracerProvider } })[API]?.trace;
    if (current !== provider) {
      provider = current;
      tracer = current?.getTracer('cachement');
    }
    if (!tracer) return run();
    return tracer.startActiveSpan(name, async (span) => {
      try {
        const result = await run();
        if (name === 'cache.read') span.setAttributes(readAttributes(result as Read<unknown>));
        return result;
      } catch (error) {
        // A loader may throw anything.
        span.recordException(error instanceof Error ? error : new Error(String(error)));
        span.setStatus({ code: FAILED });
        throw error;
      } finally {
        span.end();
      }
    });
  };
}

/** Attributes of a read's span. Not its key, which may be about a person. */
function readAttributes({ outcome }: Read<unknown>): Record<string, string | boolean> {
  const { tier, status, collapsed, reason } = outcome;
  return { 'cache.tier': tier, 'cache.status': status, 'cache.collapsed': collapsed, ...(reason && { 'cache.reason': reason }) };
}

import type { Read } from '../entry/cached-value';

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
 * there, and who doesn't need not install it for this library.
 */
const API = Symbol.for('opentelemetry.js.api.1');

let provider: TracerProvider | undefined;
let tracer: Tracer | undefined;

/** Tracer of the application; undefined where it has none. */
function findTracer(): Tracer | undefined {
  const current = (globalThis as { [API]?: { trace?: TracerProvider } })[API]?.trace;
  if (current !== provider) {
    provider = current;
    tracer = current?.getTracer('cachement');
  }
  return tracer;
}

/** Runs within a span of its own, where the application traces; `describe` gives the span's attributes of the result. */
export function traced<R>(
  name: string,
  run: () => Promise<R>,
  describe?: (result: R) => Readonly<Record<string, string | number | boolean>>,
): Promise<R> {
  const tracer = findTracer();
  if (!tracer) return run();
  return tracer.startActiveSpan(name, async (span) => {
    try {
      const result = await run();
      if (describe) span.setAttributes(describe(result));
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
}

/** Attributes of a read's span. Not its key, which may be about a person. */
export function readAttributes({ outcome }: Read<unknown>): Record<string, string | boolean> {
  const { tier, status, collapsed, reason } = outcome;
  return { 'cache.tier': tier, 'cache.status': status, 'cache.collapsed': collapsed, ...(reason && { 'cache.reason': reason }) };
}

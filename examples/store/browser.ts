import { type Handler, Problem, uncached } from 'cachement/functions';

export type Request = Parameters<Handler>[0];

/** A header of a request; its name is in the case in which the client sent it. */
function headerOf({ event }: Request, wanted: string): string | undefined {
  return Object.entries(event?.headers ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** The header `Cookie`. */
export const cookiesOf = (request: Request): string | undefined => headerOf(request, 'cookie');

/** Fields of a form; undefined where the body is something else, such as JSON. */
export function formOf(request: Request): Record<string, string> | undefined {
  if (!headerOf(request, 'content-type')?.startsWith('application/x-www-form-urlencoded')) return undefined;
  const { body, isBase64Encoded } = request.event ?? {};
  const text = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString();
  if (text.length > 2000) throw new Problem(413, 'a form must have at most 2000 characters');
  return Object.fromEntries(new URLSearchParams(text));
}

/** A page that is one person's. */
export function page(statusCode: number, body: string) {
  return { ...uncached(statusCode, undefined, { 'content-type': 'text/html; charset=utf-8' }), body };
}

/** Answer to a form: the page to go on with, which may be loaded again without sending the form again. */
export function seeOther(location: string, setCookie?: string) {
  return uncached(303, undefined, { location, ...(setCookie && { 'set-cookie': setCookie }) });
}

/** Token of this page, without which the server answers nothing. */
const token = document.querySelector<HTMLMetaElement>('meta[name=token]')?.content ?? '';

/** Calls the server. @throws {Error} with what it says */
export async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: { 'x-cachement-token': token, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `the console answered ${response.status}`);
  return answer as T;
}

/** Address of a stream of the server's events. */
export const streamUrl = (path: string): string => `${path}${path.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;

import type { Exchange } from '../openapi/validator.ts';

/** A fetch for the client under test that keeps every JSON exchange. */
export function recordingFetch(exchanges: Exchange[]): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await fetch(input, init);
    const copy = response.clone();
    const isJson = (copy.headers.get('content-type') ?? '').startsWith('application/json');
    const text = isJson ? await copy.text() : undefined;
    exchanges.push({
      method: init?.method ?? 'GET',
      path: url.pathname,
      requestBody: typeof init?.body === 'string' ? parse(init.body) : undefined,
      status: response.status,
      responseBody: text === undefined ? undefined : parse(text),
    });
    return response;
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

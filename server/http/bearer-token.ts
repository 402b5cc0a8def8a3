/** RFC 6750: the credentials are a b64token; far longer ones are not ours and need not be hashed. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

/** The token of an `Authorization` header; `undefined` when there is none or it is of another kind. */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : BEARER.exec(header)?.[1];
}

import { describe, expect, it } from 'vitest';
import { requestOrigin } from './request-origin.ts';

const HOST = 'water.example:8080';

describe('the origin of a request', () => {
  it.each([
    [{}, 'unknown'],
    [{ 'sec-fetch-site': 'same-origin' }, 'same'],
    [{ 'sec-fetch-site': 'same-site' }, 'foreign'],
    [{ 'sec-fetch-site': 'cross-site' }, 'foreign'],
    [{ 'sec-fetch-site': 'none' }, 'foreign'],
    [{ 'sec-fetch-site': '' }, 'foreign'],
    // The stricter of two answers: a proxy may have changed `Origin`.
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://water.example:8080' }, 'foreign'],
    [{ origin: 'http://water.example:8080' }, 'same'],
    [{ origin: 'HTTP://Water.Example:8080' }, 'same'],
    [{ origin: 'http://water.example' }, 'foreign'],
    [{ origin: 'http://water.example:8081' }, 'foreign'],
    [{ origin: 'http://evil.example' }, 'foreign'],
    [{ origin: 'http://water.example:8080.evil.example' }, 'foreign'],
    [{ origin: 'http://evil.example/water.example:8080' }, 'foreign'],
    [{ origin: 'null' }, 'foreign'],
    [{ origin: '' }, 'foreign'],
    [{ origin: 'file://' }, 'foreign'],
    [{ origin: 'http://water.example', host: 'water.example:80' }, 'same'],
    [{ origin: 'https://water.example', host: 'water.example' }, 'same'],
    [{ origin: 'https://water.example', host: 'water.example:443' }, 'same'],
    [{ origin: 'http://[::1]:8080', host: '[::1]:8080' }, 'same'],
    [{ origin: 'http://water.example', host: '' }, 'foreign'],
    [{ origin: 'http://water.example', host: undefined }, 'foreign'],
  ])('of %o is %s', (headers, origin) => {
    expect(requestOrigin({ host: HOST, ...headers })).toBe(origin);
  });
});

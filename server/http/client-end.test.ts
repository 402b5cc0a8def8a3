import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientEnd } from './client-end.ts';

const PROXIES = new Set(['10.0.0.1', '10.0.0.2']);

function endOf(
  remoteAddress: string | undefined,
  forwarded: { for?: string | string[]; proto?: string },
  encrypted = false,
) {
  const request = {
    socket: { remoteAddress, ...(encrypted ? { encrypted } : {}) },
    headers: { 'x-forwarded-for': forwarded.for, 'x-forwarded-proto': forwarded.proto },
  } as unknown as IncomingMessage;
  return clientEnd(request, PROXIES);
}

describe('the far end of a request', () => {
  it.each([
    ['192.0.2.7', {}, '192.0.2.7'],
    // Anybody can write the header.
    ['192.0.2.7', { for: '203.0.113.1' }, '192.0.2.7'],
    ['10.0.0.1', { for: '203.0.113.1' }, '203.0.113.1'],
    ['::ffff:10.0.0.1', { for: '203.0.113.1' }, '203.0.113.1'],
    // Only the last entry that no trusted proxy has was written by one.
    ['10.0.0.1', { for: '1.1.1.1, 203.0.113.1' }, '203.0.113.1'],
    ['10.0.0.1', { for: '1.1.1.1, 203.0.113.1, 10.0.0.2' }, '203.0.113.1'],
    ['10.0.0.1', { for: ['1.1.1.1', '203.0.113.1'] }, '203.0.113.1'],
    ['10.0.0.1', { for: '2001:db8::6' }, '2001:db8::6'],
    ['10.0.0.1', { for: 'unknown' }, '10.0.0.1'],
    ['10.0.0.1', { for: '1.1.1.1, rubbish' }, '10.0.0.1'],
    ['10.0.0.1', { for: '10.0.0.2' }, '10.0.0.1'],
    ['10.0.0.1', {}, '10.0.0.1'],
    [undefined, { for: '203.0.113.1' }, undefined],
  ])('of a connection from %s with %o is %s', (remote, forwarded, address) => {
    expect(endOf(remote, forwarded).address).toBe(address);
  });

  it.each([
    ['192.0.2.7', undefined, false, false],
    ['192.0.2.7', 'https', false, false],
    ['192.0.2.7', undefined, true, true],
    ['10.0.0.1', 'https', false, true],
    ['10.0.0.1', 'https,http', false, true],
    ['10.0.0.1', 'http', false, false],
    ['10.0.0.1', 'http, https', false, false],
    ['10.0.0.1', undefined, false, false],
  ])('from %s with proto %s over TLS %s is secure: %s', (remote, proto, encrypted, isSecure) => {
    expect(endOf(remote, proto === undefined ? {} : { proto }, encrypted).isSecure).toBe(isSecure);
  });
});

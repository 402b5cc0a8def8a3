import { describe, expect, it } from 'vitest';

import { addressGroup } from './address-group.ts';
import { Admission } from './admission.ts';
import type { Ticket } from './admission.ts';

describe('addressGroup', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::203.0.113.9', '64:ff9b:0:0::/64'],
    ['::1:0', '0:0:0:0::/64'],
    ['127.0.0.1', undefined],
    ['127.9.9.9', undefined],
    ['::1', undefined],
    ['::ffff:127.0.0.1', undefined],
    ['not an address', 'not an address'],
  ])('of %s is %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe('Admission', () => {
  const limits = { maxConnections: 100, maxConnectionsPerAddress: 2, maxHalfOpen: 100 };
  const never = (): void => undefined;

  it('counts an IPv6 /64 as one address, and loopback as none', () => {
    const admission = new Admission(limits);
    const tickets = ['2001:db8::1', '2001:db8::2', '127.0.0.1', '127.0.0.1', '127.0.0.1', '::1'].map(
      address => admission.admit(address, never),
    );
    expect(tickets.every(ticket => typeof ticket === 'object')).toBe(true);
    expect(admission.admit('2001:db8::3', never)).toBe('address_limit');
    expect(typeof admission.admit('2001:db8:0:1::3', never)).toBe('object');
  });

  it('gives a place back once', () => {
    const admission = new Admission(limits);
    const [first, second] = [1, 2].map(() => admission.admit('203.0.113.9', never) as Ticket);
    expect(admission.admit('203.0.113.9', never)).toBe('address_limit');
    first!.release();
    first!.release();
    expect(admission.open).toBe(1);
    const third = admission.admit('203.0.113.9', never) as Ticket;
    expect(admission.admit('203.0.113.9', never)).toBe('address_limit');
    for (const ticket of [second!, third]) ticket.release();
    expect(admission.open).toBe(0);
  });

  it('evicts the oldest half-open socket, never an identified one', () => {
    const admission = new Admission({ ...limits, maxHalfOpen: 2 });
    const evicted: string[] = [];
    const enter = (name: string): Ticket => admission.admit('127.0.0.1', () => evicted.push(name)) as Ticket;
    enter('a').identified();
    enter('b');
    enter('c');
    enter('d');
    expect(evicted).toEqual(['b']);
  });
});

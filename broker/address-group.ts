import { isIPv4, isIPv6 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What counts as one address: an IPv4 address, or the /64 of an IPv6 address, since a single subscriber line owns
 * that much. `undefined` for loopback, behind which stand a local balancer, a tunnel or the load generator.
 */
export function addressGroup(address: string): string | undefined {
  const plain = address.split('%', 1)[0] ?? '';
  const ipv4 = MAPPED_IPV4.exec(plain)?.[1] ?? plain;
  if (isIPv4(ipv4)) return ipv4.startsWith('127.') ? undefined : ipv4;
  if (!isIPv6(plain)) return plain;
  const groups = expand(plain);
  if (groups.every((group, index) => group === (index === 7 ? '1' : '0'))) return undefined;
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, without leading zeros; an embedded IPv4 tail lies in the last two. */
function expand(address: string): string[] {
  const [head = '', tail] = address.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const embedded = address.includes('.') ? 1 : 0;
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - embedded - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups.map(group => (group.includes('.') ? group : Number.parseInt(group, 16).toString(16)));
}

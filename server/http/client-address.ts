/**
 * The address under which a client without a token is limited. One IPv6 subscriber holds a whole /64, so only its
 * first four groups count; an IPv4 address mapped into IPv6 counts as IPv4.
 */
export function clientAddress(remote: string | undefined): string {
  if (remote === undefined) return 'unknown';
  if (remote.startsWith('::ffff:') && remote.includes('.')) return remote.slice('::ffff:'.length);
  if (!remote.includes(':')) return remote;
  const [address = ''] = remote.split('%');
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...(tail === undefined ? [] : gap), ...right].slice(0, 4).join(':')}::/64`;
}

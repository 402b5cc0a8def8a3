import type { RefusalReason } from '../domain/ports/identity.ts';
import { addressGroup } from './address-group.ts';
import type { BrokerLimits } from './limits.ts';

/** The place of one socket in the caps. Give it back with `release`, once; a second call does nothing. */
export interface Ticket {
  /** The socket is no longer half-open: its client is identified. */
  identified(): void;
  release(): void;
}

type AdmissionLimits = Pick<BrokerLimits, 'maxConnections' | 'maxConnectionsPerAddress' | 'maxHalfOpen'>;

/** The caps on sockets: in total, from one address, and half-open. */
export class Admission {
  readonly #limits: AdmissionLimits;
  /** Where there are too many half-open sockets the oldest goes: a client in good faith is through in no time. */
  readonly #halfOpen = new Map<Ticket, () => void>();
  readonly #byGroup = new Map<string, number>();
  #open = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Sockets that hold a ticket. */
  get open(): number {
    return this.#open;
  }

  /** `evict` is called, at most once, when this socket has to make room for another while it is half-open. */
  admit(address: string, evict: () => void): Ticket | Extract<RefusalReason, `${string}_limit`> {
    if (this.#open >= this.#limits.maxConnections) return 'connection_limit';
    const group = addressGroup(address);
    const sameGroup = group === undefined ? 0 : (this.#byGroup.get(group) ?? 0);
    if (sameGroup >= this.#limits.maxConnectionsPerAddress) return 'address_limit';
    if (this.#halfOpen.size >= this.#limits.maxHalfOpen) this.#evictOldest();
    this.#open += 1;
    if (group !== undefined) this.#byGroup.set(group, sameGroup + 1);
    let isHeld = true;
    const ticket: Ticket = {
      identified: () => void this.#halfOpen.delete(ticket),
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#open -= 1;
        this.#halfOpen.delete(ticket);
        if (group !== undefined) this.#leave(group);
      },
    };
    this.#halfOpen.set(ticket, evict);
    return ticket;
  }

  #leave(group: string): void {
    const left = (this.#byGroup.get(group) ?? 1) - 1;
    if (left === 0) this.#byGroup.delete(group);
    else this.#byGroup.set(group, left);
  }

  #evictOldest(): void {
    for (const [ticket, evict] of this.#halfOpen) {
      this.#halfOpen.delete(ticket);
      evict();
      return;
    }
  }
}

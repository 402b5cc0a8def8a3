const encoder = new TextEncoder();

/** Gives stations small numbers, for as long as the process lives, so that hot paths work on arrays. */
export class StationIndex {
  readonly #places = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #bytes: Uint8Array[] = [];

  get size(): number {
    return this.#names.length;
  }

  of(station: string): number {
    let place = this.#places.get(station);
    if (place === undefined) {
      place = this.#names.length;
      this.#places.set(station, place);
      this.#names.push(station);
      this.#bytes.push(encoder.encode(station));
    }
    return place;
  }

  name(place: number): string {
    return this.#names[place] ?? '';
  }

  /** The name in UTF-8. */
  bytes(place: number): Uint8Array {
    return this.#bytes[place] ?? new Uint8Array(0);
  }
}

/** A point of the district, kilometres east and north of its reference point. */
export interface Place {
  readonly eastKm: number;
  readonly northKm: number;
}

/** WGS-84, degrees. */
export interface Geographic {
  readonly latitude: number;
  readonly longitude: number;
}

const KM_PER_DEGREE = 111.2;

/** The plane that touches the globe at a reference point; good to some metres over a district. */
export class LocalPlane {
  readonly #reference: Geographic;
  readonly #kmPerDegreeEast: number;

  constructor(reference: Geographic) {
    this.#reference = reference;
    this.#kmPerDegreeEast = KM_PER_DEGREE * Math.cos((reference.latitude * Math.PI) / 180);
  }

  placeOf({ latitude, longitude }: Geographic): Place {
    return {
      eastKm: (longitude - this.#reference.longitude) * this.#kmPerDegreeEast,
      northKm: (latitude - this.#reference.latitude) * KM_PER_DEGREE,
    };
  }
}

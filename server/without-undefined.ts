type Defined<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

/** A copy without the keys that are undefined: parsers leave them, and the model knows only "absent". */
export function withoutUndefined<Value extends object>(value: Value): Defined<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inside]) => inside !== undefined),
  ) as Defined<Value>;
}

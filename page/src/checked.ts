/**
 * What stands at a place of a list or an array of numbers, or an error: a wrong index would otherwise give
 * `undefined`, which arithmetic turns into NaN, and NaN into black pixels of a photo.
 *
 * One function for each kind of array: a browser compiles a function that only ever sees one kind to a plain load and
 * a comparison. What that costs is in docs/decisions/0007.
 */

export function itemAt<T>(items: readonly T[], place: number): T {
  const found = items[place];
  if (found === undefined) throw outside(place, items.length);
  return found;
}

export function byteAt(bytes: Uint8Array | Uint8ClampedArray, place: number): number {
  const found = bytes[place];
  if (found === undefined) throw outside(place, bytes.length);
  return found;
}

export function intAt(numbers: Int32Array, place: number): number {
  const found = numbers[place];
  if (found === undefined) throw outside(place, numbers.length);
  return found;
}

export function floatAt(numbers: Float32Array, place: number): number {
  const found = numbers[place];
  if (found === undefined) throw outside(place, numbers.length);
  return found;
}

export function doubleAt(numbers: Float64Array, place: number): number {
  const found = numbers[place];
  if (found === undefined) throw outside(place, numbers.length);
  return found;
}

/** Of a photo's bytes, or of a change's numbers. */
export function pixelAt(pixels: Uint8Array | Float32Array, place: number): number {
  const found = pixels[place];
  if (found === undefined) throw outside(place, pixels.length);
  return found;
}

function outside(place: number, length: number): RangeError {
  return new RangeError(`Index ${place} is outside an array of ${length}.`);
}

/** Rows of pixels, channels side by side: bytes of a photo, or float32 of a change. */
export interface Pixels<T extends Uint8Array | Float32Array = Uint8Array | Float32Array> {
  readonly data: T;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export type Photo = Pixels<Uint8Array>;
export type Change = Pixels<Float32Array>;

export function photo(height: number, width: number, channels: number): Photo {
  return { data: new Uint8Array(height * width * channels), height, width, channels };
}

export function change(height: number, width: number, channels: number): Change {
  return { data: new Float32Array(height * width * channels), height, width, channels };
}

/** Pixels of the same type as others. */
export function like<P extends Pixels>(pixels: P, height: number, width: number): P {
  const make = pixels.data instanceof Uint8Array ? photo : change;
  return make(height, width, pixels.channels) as P;
}

/** The nearest whole number; of two equally near the even one, as numpy and OpenCV round. */
export function nearest(value: number): number {
  const below = Math.floor(value);
  const above = value - below;
  if (above !== 0.5) return above < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** Takes a position in one picture to one in another: two rows of three numbers. */
export type Placement = readonly [number, number, number, number, number, number];

export interface Region {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export function cut(pixels: Photo, region: Region): Photo {
  const { top, bottom, left, right } = region;
  const part = photo(bottom - top, right - left, pixels.channels);
  const long = part.width * part.channels;
  for (let y = 0; y < part.height; y++) {
    const start = ((top + y) * pixels.width + left) * pixels.channels;
    part.data.set(pixels.data.subarray(start, start + long), y * long);
  }
  return part;
}

export function paste(onto: Photo, part: Photo, region: Region): void {
  const long = part.width * part.channels;
  for (let y = 0; y < part.height; y++) {
    const start = ((region.top + y) * onto.width + region.left) * onto.channels;
    onto.data.set(part.data.subarray(y * long, (y + 1) * long), start);
  }
}

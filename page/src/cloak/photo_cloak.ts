/** One whole photo: its faces found, cloaked in their squares, and put back. See cloaking/photo_cloak.py. */
import { byteAt, floatAt, itemAt } from "../checked";
import { bounds, determinant, inverse, placement, resample, scaled, settled, shifted, TEMPLATE } from "./alignment";
import { change, cut, nearest, paste, type Change, type Photo, type Placement, type Region } from "./pixels";
import { sampled } from "./sampling";
import { similar } from "./similarity";
import type { Face } from "./detector";

export const BOUND = 15;
export const MIN_SSIM = 0.7;
const LUMA = [0.299, 0.587, 0.114] as const;
const MOST_GAIN = 4;
const SOFT = 8;

/** A square of a photo and what is to change in it, before the strength counts. */
export interface Square {
  readonly place: Placement;
  readonly change: Change;
}

/** A face in, what the network would change out, pixel by pixel. */
export type Perturb = (face: Photo) => Float32Array | Promise<Float32Array>;

function pixels(region: Region): number {
  return (region.bottom - region.top) * (region.right - region.left);
}

/** What is to change, face by face. */
export async function squares(
  picture: Photo,
  found: readonly Face[],
  size: number,
  perturb: Perturb,
): Promise<Square[]> {
  const places = found
    .map((face) => settled(placement(face)))
    .filter((place) => pixels(bounds(place, picture.height, picture.width)) > 0);
  const made: Square[] = [];
  for (const place of places) {
    const face = seen(picture, place, size);
    made.push({ place, change: faded(moved(face, await perturb(face))) });
  }
  return made;
}

export function seen(picture: Photo, place: Placement, size: number): Photo {
  const region = bounds(place, picture.height, picture.width);
  return sampled(cut(picture, region), scaled(shifted(place, region), size), size);
}

/** The change in whole grey levels within the bound; the same in all colours where the face is grey. */
function moved(face: Photo, perturbation: Float32Array): Change {
  const size = face.height * face.width;
  const grey = isGrey(face);
  const made = change(face.height, face.width, 3);
  for (let i = 0; i < size; i++) {
    const colours = [...perturbation.subarray(3 * i, 3 * i + 3)];
    if (grey) colours.fill(Math.fround(itemAt(colours, 0) + itemAt(colours, 1) + itemAt(colours, 2)) / 3);
    for (let k = 0; k < 3; k++) {
      const before = byteAt(face.data, 3 * i + k);
      const after = nearest(Math.fround(before + itemAt(colours, k)));
      const low = Math.max(0, Math.ceil(before - BOUND));
      const high = Math.min(255, Math.floor(before + BOUND));
      made.data[3 * i + k] = Math.min(high, Math.max(low, after)) - before;
    }
    if (grey) made.data.fill(luma(made.data, 3 * i), 3 * i, 3 * i + 3);
  }
  return made;
}

function luma(data: Float32Array, at: number): number {
  return floatAt(data, at) * LUMA[0] + floatAt(data, at + 1) * LUMA[1] + floatAt(data, at + 2) * LUMA[2];
}

function isGrey(face: Photo): boolean {
  for (let i = 0; i < face.data.length; i += 3) {
    if (face.data[i] !== face.data[i + 1] || face.data[i] !== face.data[i + 2]) return false;
  }
  return true;
}

/** Full in the middle, falling to nearly nothing at the edge along a cosine. */
function faded(made: Change): Change {
  const size = made.width;
  const side = Float32Array.from({ length: size }, (_, i) => {
    const along = Math.min(1, (Math.min(i, size - 1 - i) + 0.5) / ((SOFT * size) / TEMPLATE));
    return 0.5 - 0.5 * Math.cos(Math.PI * along);
  });
  for (let i = 0; i < made.data.length; i++) {
    const place = Math.floor(i / 3);
    made.data[i] =
      floatAt(made.data, i) * Math.fround(floatAt(side, Math.floor(place / size)) * floatAt(side, place % size));
  }
  return made;
}

/** The part of a photo that a square touches. */
export function touched(picture: Photo, { place }: Square): Region {
  return bounds(place, picture.height, picture.width);
}

/** Bring all changes into a copy of a photo; the least similarity of a face comes with it. */
export function cloaked(picture: Photo, made: readonly Square[], strength: number): { photo: Photo; ssim: number } {
  const after: Photo = { ...picture, data: picture.data.slice() };
  const worst = made.map((square) => put(picture, after, square, strength));
  return { photo: after, ssim: Math.min(...worst) };
}

function put(before: Photo, after: Photo, square: Square, strength: number): number {
  const region = touched(before, square);
  const part = cut(before, region);
  const changed = cut(after, region);
  const stronger = { ...square.change, data: square.change.data.map((value) => value * strength) };
  const bound = stronger.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const back = inverse(scaled(shifted(square.place, region), stronger.width));
  const whole = brought(stronger, back, part.height, part.width);
  for (let i = 0; i < part.data.length; i++) {
    // Squares of neighbours may overlap: together they stay within the bound of one.
    const sum = Math.min(
      bound,
      Math.max(-bound, byteAt(changed.data, i) - byteAt(part.data, i) + floatAt(whole.data, i)),
    );
    changed.data[i] = Math.min(255, Math.max(0, nearest(Math.fround(byteAt(part.data, i) + sum))));
  }
  paste(after, changed, region);
  return similar(part, changed);
}

/** A square's change at the size of its face, as strong as it was where a small face averages it away. */
function brought(made: Change, back: Placement, height: number, width: number): Change {
  const found = resample(made, back, height, width, false);
  if (Math.abs(determinant(back)) <= 1) return found;
  const before = resample({ ...made, data: made.data.map(Math.abs) }, back, height, width, false);
  const strength = before.data.reduce((sum, value) => sum + value, 0);
  const left = found.data.reduce((sum, value) => sum + Math.abs(value), 0);
  const gain = Math.min(MOST_GAIN, strength / Math.max(left, 1e-6));
  return { ...found, data: found.data.map((value) => value * gain) };
}

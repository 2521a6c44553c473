/** Structural similarity (Wang et al. 2004), the mean over places where all of the window is within. */
import { byteAt, doubleAt, itemAt } from "../checked";
import { resample } from "./alignment";
import { nearest, type Photo, type Placement } from "./pixels";

const WINDOW = 11;
const LOOKED_AT = 256;
const LIGHT = (0.01 * 255) ** 2;
const CONTRAST = (0.03 * 255) ** 2;
const WEIGHTS = gaussian();

function gaussian(): number[] {
  const weights = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** How similar a face is to what it was, both brought to about the size that is looked at; -1 to 1. */
export function similar(before: Photo, after: Photo): number {
  const one = small(before);
  const other = small(after);
  let sum = 0;
  for (let channel = 0; channel < one.channels; channel++) sum += channelSimilarity(one, other, channel);
  return sum / one.channels;
}

function small(part: Photo): Photo {
  const factor = Math.min(1, LOOKED_AT / Math.min(part.height, part.width));
  const rows = Math.max(WINDOW, nearest(part.height * factor));
  const columns = Math.max(WINDOW, nearest(part.width * factor));
  const across = part.width / columns;
  const down = part.height / rows;
  const to: Placement = [across, 0, (across - 1) / 2, 0, down, (down - 1) / 2];
  return resample(part, to, rows, columns, true);
}

function channelSimilarity(one: Photo, other: Photo, channel: number): number {
  const { height, width, channels } = one;
  const size = height * width;
  const x = new Float64Array(size);
  const y = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    x[i] = byteAt(one.data, i * channels + channel);
    y[i] = byteAt(other.data, i * channels + channel);
  }
  const blur = (value: (i: number) => number): Float64Array =>
    blurred(
      Float64Array.from(x, (_, i) => value(i)),
      height,
      width,
    );
  const mx = blur((i) => doubleAt(x, i));
  const my = blur((i) => doubleAt(y, i));
  const xx = blur((i) => doubleAt(x, i) * doubleAt(x, i));
  const yy = blur((i) => doubleAt(y, i) * doubleAt(y, i));
  const xy = blur((i) => doubleAt(x, i) * doubleAt(y, i));
  let sum = 0;
  for (let i = 0; i < mx.length; i++) {
    const light =
      (2 * doubleAt(mx, i) * doubleAt(my, i) + LIGHT) / (doubleAt(mx, i) ** 2 + doubleAt(my, i) ** 2 + LIGHT);
    const varied = doubleAt(xx, i) - doubleAt(mx, i) ** 2 + doubleAt(yy, i) - doubleAt(my, i) ** 2 + CONTRAST;
    sum += (light * (2 * (doubleAt(xy, i) - doubleAt(mx, i) * doubleAt(my, i)) + CONTRAST)) / varied;
  }
  return sum / mx.length;
}

function blurred(maps: Float64Array, height: number, width: number): Float64Array {
  const columns = width - WINDOW + 1;
  const rows = height - WINDOW + 1;
  const across = new Float64Array(height * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let k = 0; k < WINDOW; k++) sum += itemAt(WEIGHTS, k) * doubleAt(maps, y * width + x + k);
      across[y * columns + x] = sum;
    }
  }
  const down = new Float64Array(rows * columns);
  for (let i = 0; i < down.length; i++) {
    let sum = 0;
    for (let k = 0; k < WINDOW; k++) sum += itemAt(WEIGHTS, k) * doubleAt(across, i + k * columns);
    down[i] = sum;
  }
  return down;
}

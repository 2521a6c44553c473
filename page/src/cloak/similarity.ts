/** Structural similarity (Wang et al. 2004), the mean over places where all of the window is within. */
import { resample, type Placement } from "./alignment";
import { nearest, type Photo } from "./pixels";

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
    x[i] = one.data[i * channels + channel];
    y[i] = other.data[i * channels + channel];
  }
  const blur = (value: (i: number) => number): Float64Array =>
    blurred(Float64Array.from(x, (_, i) => value(i)), height, width);
  const mx = blur((i) => x[i]);
  const my = blur((i) => y[i]);
  const xx = blur((i) => x[i] * x[i]);
  const yy = blur((i) => y[i] * y[i]);
  const xy = blur((i) => x[i] * y[i]);
  let sum = 0;
  for (let i = 0; i < mx.length; i++) {
    const light = (2 * mx[i] * my[i] + LIGHT) / (mx[i] ** 2 + my[i] ** 2 + LIGHT);
    const varied = xx[i] - mx[i] ** 2 + yy[i] - my[i] ** 2 + CONTRAST;
    sum += (light * (2 * (xy[i] - mx[i] * my[i]) + CONTRAST)) / varied;
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
      for (let k = 0; k < WINDOW; k++) sum += WEIGHTS[k] * maps[y * width + x + k];
      across[y * columns + x] = sum;
    }
  }
  const down = new Float64Array(rows * columns);
  for (let i = 0; i < down.length; i++) {
    let sum = 0;
    for (let k = 0; k < WINDOW; k++) sum += WEIGHTS[k] * across[i + k * columns];
    down[i] = sum;
  }
  return down;
}

/**
 * A face's square as it is seen in the photo. See faces/sampling.py, which has the same operations in the same order:
 * one pixel that is a grey level brighter gives another cloak.
 */
import { byteAt, doubleAt, intAt, itemAt } from "../checked";
import { nearest, photo, type Photo, type Placement } from "./pixels";

const SHARP = -0.75;

interface Blocks {
  readonly data: Float64Array;
  readonly height: number;
  readonly width: number;
}

export function sampled(source: Photo, place: Placement, size: number): Photo {
  const [a, b, x0, c, d, y0] = place;
  const wide = Math.max(1, Math.floor(Math.sqrt(a * a + c * c) + 0.5));
  const blocks = averaged(source, wide);
  const found = photo(size, size, 3);
  const columns = new Int32Array(4);
  for (let row = 0, to = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const across = (a * column + b * row + x0 + 0.5) / wide - 0.5;
      const down = (c * column + d * row + y0 + 0.5) / wide - 0.5;
      const left = Math.floor(across);
      const top = Math.floor(down);
      const beside = cubic(across - left);
      const below = cubic(down - top);
      for (let k = 0; k < 4; k++) columns[k] = 3 * within(left + k - 1, blocks.width);
      for (let channel = 0; channel < 3; channel++, to++) {
        let sum = 0;
        for (let j = 0; j < 4; j++) {
          const start = 3 * within(top + j - 1, blocks.height) * blocks.width + channel;
          let line = 0;
          for (let k = 0; k < 4; k++) line += itemAt(beside, k) * doubleAt(blocks.data, start + intAt(columns, k));
          sum += itemAt(below, j) * line;
        }
        found.data[to] = Math.min(255, Math.max(0, nearest(sum)));
      }
    }
  }
  return found;
}

function within(place: number, length: number): number {
  return Math.min(length - 1, Math.max(0, place));
}

/** Means of squares of pixels; those at the far edges have the outermost pixels repeated. */
function averaged(source: Photo, wide: number): Blocks {
  if (wide === 1) return { ...source, data: new Float64Array(source.data) };
  const height = Math.ceil(source.height / wide);
  const width = Math.ceil(source.width / wide);
  const data = new Float64Array(3 * height * width);
  const long = 3 * source.width;
  for (let y = 0; y < height * wide; y++) {
    const start = Math.min(source.height - 1, y) * long;
    const line = Math.floor(y / wide) * width;
    for (let x = 0; x < width * wide; x++) {
      const from = start + 3 * Math.min(source.width - 1, x);
      const to = 3 * (line + Math.floor(x / wide));
      data[to] = doubleAt(data, to) + byteAt(source.data, from);
      data[to + 1] = doubleAt(data, to + 1) + byteAt(source.data, from + 1);
      data[to + 2] = doubleAt(data, to + 2) + byteAt(source.data, from + 2);
    }
  }
  for (let i = 0; i < data.length; i++) data[i] = doubleAt(data, i) / (wide * wide);
  return { data, height, width };
}

function cubic(x: number): [number, number, number, number] {
  const rest = 1 - x;
  return [outer(x + 1), inner(x), inner(rest), outer(rest + 1)];
}

function inner(x: number): number {
  return ((SHARP + 2) * x - (SHARP + 3)) * x * x + 1;
}

function outer(x: number): number {
  return ((SHARP * x - 5 * SHARP) * x + 8 * SHARP) * x - 4 * SHARP;
}

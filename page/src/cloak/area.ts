/** Pictures at another size: by area where they become smaller, linear where larger, as OpenCV does it. */
import { byteAt, floatAt, intAt, pixelAt } from "../checked";
import { like, nearest, photo, type Photo, type Pixels } from "./pixels";

const f = Math.fround;

/** Which pixels of a line go into each new one, and how much of each. */
interface Shares {
  readonly first: Int32Array;
  /** Where each new pixel's weights begin; one more at the end. */
  readonly starts: Int32Array;
  readonly weights: Float32Array;
}

function shares(from: number, to: number): Shares {
  const scale = from / to;
  const first = new Int32Array(to);
  const starts = new Int32Array(to + 1);
  const weights: number[] = [];
  for (let place = 0; place < to; place++) {
    const start = place * scale;
    const end = start + scale;
    const cell = Math.min(scale, from - start);
    const last = Math.min(Math.floor(end), from - 1);
    const whole = Math.min(Math.ceil(start), last);
    first[place] = whole;
    if (whole - start > 1e-3) {
      first[place] = whole - 1;
      weights.push((whole - start) / cell);
    }
    for (let k = whole; k < last; k++) weights.push(1 / cell);
    if (end - last > 1e-3) weights.push(Math.min(end - last, 1, cell) / cell);
    starts[place + 1] = weights.length;
  }
  return { first, starts, weights: Float32Array.from(weights) };
}

/**
 * A smaller picture: each new pixel is the mean of what it covers.
 *
 * Every product and sum is rounded to float32, as OpenCV has it: one grey level more in what the detector sees moves
 * a face by a thousandth of a pixel, and the cloak of its square by many grey levels.
 */
export function smaller<P extends Pixels>(source: P, height: number, width: number): P {
  const across = source.width / width;
  const down = source.height / height;
  if (Number.isInteger(across) && Number.isInteger(down)) return blocks(source, height, width);
  const c = source.channels;
  const columns = shares(source.width, width);
  const rows = shares(source.height, height);
  const found = like(source, height, width);
  const whole = source.data instanceof Uint8Array;
  const sums = new Float32Array(width * c);
  const line = new Float32Array(width * c);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = intAt(rows.starts, y); k < intAt(rows.starts, y + 1); k++) {
      const weight = floatAt(rows.weights, k);
      squeezed(source, intAt(rows.first, y) + k - intAt(rows.starts, y), columns, line);
      for (let i = 0; i < sums.length; i++) sums[i] = floatAt(sums, i) + f(weight * floatAt(line, i));
    }
    const start = y * width * c;
    for (let i = 0; i < sums.length; i++) found.data[start + i] = whole ? nearest(floatAt(sums, i)) : floatAt(sums, i);
  }
  return found;
}

function squeezed(source: Pixels, y: number, { first, starts, weights }: Shares, line: Float32Array): void {
  const c = source.channels;
  const start = y * source.width * c;
  if (c === 3 && source.data instanceof Uint8Array) {
    return squeezedColours(source.data, start, first, starts, weights, line);
  }
  for (let x = 0; x < first.length; x++) {
    for (let channel = 0; channel < c; channel++) {
      let sum = 0;
      let at = start + intAt(first, x) * c + channel;
      for (let k = intAt(starts, x); k < intAt(starts, x + 1); k++, at += c)
        sum = f(sum + f(floatAt(weights, k) * pixelAt(source.data, at)));
      line[x * c + channel] = sum;
    }
  }
}

/** The same for three channels of bytes: most of what a large photo is. */
function squeezedColours(
  data: Uint8Array,
  start: number,
  first: Int32Array,
  starts: Int32Array,
  weights: Float32Array,
  line: Float32Array,
): void {
  for (let x = 0, to = 0; x < first.length; x++, to += 3) {
    let red = f(0);
    let green = f(0);
    let blue = f(0);
    let at = start + intAt(first, x) * 3;
    for (let k = intAt(starts, x); k < intAt(starts, x + 1); k++, at += 3) {
      const weight = floatAt(weights, k);
      red = f(red + f(weight * byteAt(data, at)));
      green = f(green + f(weight * byteAt(data, at + 1)));
      blue = f(blue + f(weight * byteAt(data, at + 2)));
    }
    line[to] = red;
    line[to + 1] = green;
    line[to + 2] = blue;
  }
}

/** A picture whose sides are divided by whole numbers. */
function blocks<P extends Pixels>(source: P, height: number, width: number): P {
  const c = source.channels;
  const across = source.width / width;
  const down = source.height / height;
  const found = like(source, height, width);
  const whole = source.data instanceof Uint8Array;
  const area = across * down;
  const quarter = across === 2 && down === 2;
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < width * c; i++) {
      const channel = i % c;
      const left = ((i - channel) / c) * across;
      let sum = 0;
      for (let dy = 0; dy < down; dy++) {
        let at = ((y * down + dy) * source.width + left) * c + channel;
        for (let dx = 0; dx < across; dx++, at += c) sum += pixelAt(source.data, at);
      }
      const mean = whole ? (quarter ? (sum + 2) >> 2 : nearest(f(sum / area))) : sum / area;
      found.data[y * width * c + i] = mean;
    }
  }
  return found;
}

const UNIT = 2048;

interface Between {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Int32Array;
}

/** Beyond the outermost pixels OpenCV mixes rows with themselves, which rounds otherwise, but not columns. */
function between(from: number, to: number, mixed: boolean): Between {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const share = new Int32Array(to);
  for (let place = 0; place < to; place++) {
    const at = f(((place + 0.5) * from) / to - 0.5);
    const below = Math.floor(at);
    const within = below >= 0 && below < from - 1;
    low[place] = Math.min(from - 1, Math.max(0, below));
    high[place] = Math.min(from - 1, Math.max(0, below + 1));
    share[place] = mixed || within ? nearest(f(at - below) * UNIT) : 0;
  }
  return { low, high, share };
}

/** A larger picture, in OpenCV's whole numbers. */
export function larger(source: Photo, height: number, width: number): Photo {
  const c = source.channels;
  const columns = between(source.width, width, false);
  const rows = between(source.height, height, true);
  const found = photo(height, width, c);
  const line = (y: number): Int32Array => {
    const made = new Int32Array(width * c);
    for (let x = 0; x < width; x++) {
      const left = (y * source.width + intAt(columns.low, x)) * c;
      const right = (y * source.width + intAt(columns.high, x)) * c;
      for (let k = 0; k < c; k++) {
        made[x * c + k] =
          byteAt(source.data, left + k) * (UNIT - intAt(columns.share, x)) +
          byteAt(source.data, right + k) * intAt(columns.share, x);
      }
    }
    return made;
  };
  let kept = new Map<number, Int32Array>();
  for (let y = 0; y < height; y++) {
    const [low, high] = [intAt(rows.low, y), intAt(rows.high, y)];
    const upper = kept.get(low) ?? line(low);
    const lower = low === high ? upper : (kept.get(high) ?? line(high));
    kept = new Map([
      [low, upper],
      [high, lower],
    ]);
    const share = intAt(rows.share, y);
    for (let i = 0; i < width * c; i++) {
      const mixed = (((UNIT - share) * (intAt(upper, i) >> 4)) >> 16) + ((share * (intAt(lower, i) >> 4)) >> 16);
      found.data[y * width * c + i] = (mixed + 2) >> 2;
    }
  }
  return found;
}

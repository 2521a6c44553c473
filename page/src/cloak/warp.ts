/** A picture seen through a placement, cubic with a = -0.75, in float32 as OpenCV 5 computes it. */
import { floatAt, intAt, pixelAt } from "../checked";
import { nearest, type Pixels, type Placement } from "./pixels";

const f = Math.fround;
const A = -0.75;

function cubic(at: number, weights: Float32Array): void {
  const x = f(at);
  const rest = f(1 - x);
  const next = f(x + 1);
  weights[0] = f(f(f(f(f(A * next) - 5 * A) * next) + 8 * A) * next) - 4 * A;
  weights[1] = f(f(f(f(f((A + 2) * x) - (A + 3)) * x) * x) + 1);
  weights[2] = f(f(f(f(f((A + 2) * rest) - (A + 3)) * rest) * rest) + 1);
  weights[3] = f(f(f(1 - weights[0]) - weights[1]) - weights[2]);
}

/**
 * Fill a picture with what is seen of another.
 *
 * `place` takes positions in `found` to positions in `source`; outside of `source` its outermost pixels go on if
 * `edge`, else there is zero.
 */
export function warped<P extends Pixels>(source: P, place: Placement, found: P, edge: boolean): P {
  const [a, b, x0, c, d, y0] = rounded(place);
  const { width, height, channels, data } = source;
  const whole = data instanceof Uint8Array;
  const across = new Float32Array(4);
  const down = new Float32Array(4);
  const columns = new Int32Array(4);
  const rows = new Int32Array(4);
  let to = 0;
  for (let y = 0; y < found.height; y++) {
    const startX = f(f(b * y) + x0);
    const startY = f(f(d * y) + y0);
    for (let x = 0; x < found.width; x++) {
      const sx = f(f(a * x) + startX);
      const sy = f(f(c * x) + startY);
      const left = Math.floor(sx);
      const top = Math.floor(sy);
      if (!edge && (left < -2 || top < -2 || left > width || top > height)) {
        to += channels; // nothing is seen there, and a new picture is zero
        continue;
      }
      cubic(sx - left, across);
      cubic(sy - top, down);
      for (let k = 0; k < 4; k++) {
        columns[k] = beside(left - 1 + k, width, edge, across, k) * channels;
        rows[k] = beside(top - 1 + k, height, edge, down, k) * width * channels;
      }
      const [p, q, r, s] = [intAt(columns, 0), intAt(columns, 1), intAt(columns, 2), intAt(columns, 3)];
      for (let channel = 0; channel < channels; channel++, to++) {
        let sum = f(0);
        for (let j = 0; j < 4; j++) {
          const at = intAt(rows, j) + channel;
          let line = f(pixelAt(data, at + p) * floatAt(across, 0));
          line = f(line + f(pixelAt(data, at + q) * floatAt(across, 1)));
          line = f(line + f(pixelAt(data, at + r) * floatAt(across, 2)));
          line = f(line + f(pixelAt(data, at + s) * floatAt(across, 3)));
          sum = f(sum + f(line * floatAt(down, j)));
        }
        found.data[to] = whole ? Math.min(255, Math.max(0, nearest(sum))) : sum;
      }
    }
  }
  return found;
}

function rounded([a, b, x, c, d, y]: Placement): Placement {
  return [f(a), f(b), f(x), f(c), f(d), f(y)];
}

/** A place within; where nothing goes on beyond the edge, its weight becomes nothing. */
function beside(at: number, length: number, edge: boolean, weights: Float32Array, k: number): number {
  if (at >= 0 && at < length) return at;
  if (!edge) weights[k] = 0;
  return at < 0 ? 0 : length - 1;
}

/** Convolutions in float64: their last bits then change no cloak, whatever order sums are taken in. */
import { doubleAt, itemAt } from "../checked";
import type { Tensor } from "../tensor_file";

/** Rows of places, channels side by side. */
export interface Maps {
  readonly data: Float64Array;
  readonly side: number;
  readonly channels: number;
}

export function maps(side: number, channels: number): Maps {
  return { data: new Float64Array(side * side * channels), side, channels };
}

export interface Kernel {
  /** Four outputs beside each other, for all of what a place sees; then the next four. */
  readonly packed: Float64Array;
  readonly bias: Float64Array;
  readonly size: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** A kernel `(outputs, inputs, size, size)`; the outputs are a multiple of four. */
export function kernel(weight: Tensor, bias?: Tensor): Kernel {
  const [outputs, inputs, size] = [itemAt(weight.shape, 0), itemAt(weight.shape, 1), itemAt(weight.shape, 2)];
  const seen = size * size * inputs;
  const packed = new Float64Array(outputs * seen);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let k = 0; k < size * size; k++) {
        const at = ((o >> 2) * seen + k * inputs + i) * 4 + (o & 3);
        packed[at] = doubleAt(weight.data, (o * inputs + i) * size * size + k);
      }
    }
  }
  return { packed, bias: bias?.data ?? new Float64Array(outputs), size, inputs, outputs };
}

/** What is seen through a kernel at every place, or at every second one; beyond the edge there is zero. */
export function convolved(input: Maps, { packed, bias, size, inputs, outputs }: Kernel, stride = 1): Maps {
  const around = padded(input, (size - 1) / 2);
  const found = maps(input.side / stride, outputs);
  const long = size * inputs;
  const source = around.data;
  const line = around.side * inputs;
  const step = stride * inputs;
  for (let y = 0; y < found.side; y++) {
    for (let o = 0; o < outputs; o += 4) {
      for (let x = 0; x < found.side; x += 2) {
        let a0 = doubleAt(bias, o);
        let a1 = doubleAt(bias, o + 1);
        let a2 = doubleAt(bias, o + 2);
        let a3 = doubleAt(bias, o + 3);
        let b0 = a0;
        let b1 = a1;
        let b2 = a2;
        let b3 = a3;
        let w = o * size * long;
        for (let row = 0; row < size; row++) {
          let at = (y * stride + row) * line + x * step;
          for (const end = at + long; at < end; at++, w += 4) {
            const a = doubleAt(source, at);
            const b = doubleAt(source, at + step);
            a0 += a * doubleAt(packed, w);
            b0 += b * doubleAt(packed, w);
            a1 += a * doubleAt(packed, w + 1);
            b1 += b * doubleAt(packed, w + 1);
            a2 += a * doubleAt(packed, w + 2);
            b2 += b * doubleAt(packed, w + 2);
            a3 += a * doubleAt(packed, w + 3);
            b3 += b * doubleAt(packed, w + 3);
          }
        }
        let to = (y * found.side + x) * outputs + o;
        found.data[to] = a0;
        found.data[to + 1] = a1;
        found.data[to + 2] = a2;
        found.data[to + 3] = a3;
        to += outputs;
        if (x + 1 < found.side) {
          found.data[to] = b0;
          found.data[to + 1] = b1;
          found.data[to + 2] = b2;
          found.data[to + 3] = b3;
        }
      }
    }
  }
  return found;
}

/** Zeros around, and below them a few that only the second of two places reads past the end. */
function padded(input: Maps, by: number): Maps {
  const side = input.side + 2 * by;
  const long = input.side * input.channels;
  const data = new Float64Array((side * side + 8) * input.channels);
  for (let y = 0; y < input.side; y++) {
    data.set(input.data.subarray(y * long, (y + 1) * long), ((y + by) * side + by) * input.channels);
  }
  return { data, side, channels: input.channels };
}

/** Numbers below zero, times a slope. In place. */
export function leaky(values: Maps, slope: number): Maps {
  const { data } = values;
  for (let i = 0; i < data.length; i++) if (doubleAt(data, i) < 0) data[i] = doubleAt(data, i) * slope;
  return values;
}

/** The first and the second, place by place. In the first's place. */
export function added(one: Maps, other: Maps): Maps {
  for (let i = 0; i < one.data.length; i++) one.data[i] = doubleAt(one.data, i) + doubleAt(other.data, i);
  return one;
}

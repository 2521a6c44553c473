/** The user's MaskNet, forwards, and which pixels move its features. See networks/cloaks/masknet_adjoint.py. */
import { doubleAt, intAt, itemAt } from "../checked";
import { convolved, kernel, maps, type Kernel, type Maps } from "./convolution";
import { nearest } from "./pixels";
import { named, type Tensor } from "../tensor_file";

const SLOPE = 0.01;
const POOL = 4;
const SCALE = 127.5;
/** Parts of 1 to which maps are rounded: where a photo is flat, of equal places the first is taken everywhere. */
const FINE = 2 ** 30;

/** Ready to look at photos. */
export interface MaskNet {
  readonly kernels: readonly [Kernel, Kernel];
  readonly weights: readonly [Tensor, Tensor];
  readonly fc: Tensor;
  readonly numbers: Float64Array;
}

interface Pooled {
  readonly maps: Maps;
  /** Place in the maps before, of each number. */
  readonly chosen: Int32Array;
  readonly side: number;
}

export interface Pass {
  readonly features: Float64Array;
  readonly before: Float64Array;
  readonly pooled: readonly [Pooled, Pooled];
}

export function masknet(tensors: ReadonlyMap<string, Tensor>): MaskNet {
  const [one, two] = [named(tensors, "conv1"), named(tensors, "conv2")];
  const numbers = named(tensors, "numbers").data;
  return { kernels: [kernel(one), kernel(two)], weights: [one, two], fc: named(tensors, "fc"), numbers };
}

/** The way forward through a photo of 0 to 255, kept. */
export function traced({ kernels, fc }: MaskNet, photo: Maps): Pass {
  const scaled: Maps = { ...photo, data: photo.data.map((value) => value / SCALE - 1) };
  const first = pooled(convolved(scaled, kernels[0]));
  const second = pooled(convolved(leaked(first.maps), kernels[1]));
  const flat = planes(leaked(second.maps));
  const [count, long] = [itemAt(fc.shape, 0), itemAt(fc.shape, 1)];
  const before = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    let sum = 0;
    for (let i = 0; i < long; i++) sum += doubleAt(fc.data, k * long + i) * doubleAt(flat, i);
    before[k] = sum;
  }
  return { features: before.map((value) => (value > 0 ? value : SLOPE * value)), before, pooled: [first, second] };
}

/** Gradient of the features along a direction, in the photo. */
export function adjoint({ weights, fc }: MaskNet, way: Pass, direction: Float64Array): Maps {
  const [count, long] = [itemAt(fc.shape, 0), itemAt(fc.shape, 1)];
  const flat = new Float64Array(long);
  for (let k = 0; k < count; k++) {
    const value = doubleAt(way.before, k) > 0 ? doubleAt(direction, k) : SLOPE * doubleAt(direction, k);
    for (let i = 0; i < long; i++) flat[i] = doubleAt(flat, i) + value * doubleAt(fc.data, k * long + i);
  }
  const [first, second] = way.pooled;
  const back = spread(back2(flat, second.maps), second, weights[1]);
  const found = spread(held(back, first.maps), first, weights[0]);
  for (let i = 0; i < found.data.length; i++) found.data[i] = doubleAt(found.data, i) / SCALE;
  return found;
}

/** Numbers in planes, as `back2`'s opposite. */
function planes({ data, side, channels }: Maps): Float64Array {
  const size = side * side;
  return Float64Array.from(data, (_, i) => doubleAt(data, (i % size) * channels + Math.floor(i / size)));
}

function back2(flat: Float64Array, before: Maps): Maps {
  const size = before.side ** 2;
  const found = maps(before.side, before.channels);
  for (let i = 0; i < flat.length; i++)
    found.data[(i % size) * before.channels + Math.floor(i / size)] = doubleAt(flat, i);
  return held(found, before);
}

function leaked(before: Maps): Maps {
  return { ...before, data: before.data.map((value) => (value > 0 ? value : SLOPE * value)) };
}

/** The gradient before a leaky ReLU. */
function held(back: Maps, before: Maps): Maps {
  return { ...back, data: back.data.map((value, i) => (doubleAt(before.data, i) > 0 ? value : SLOPE * value)) };
}

/** The largest of each square; of equal ones the first. */
function pooled(input: Maps): Pooled {
  const { side, channels } = input;
  const found = maps(side / POOL, channels);
  const chosen = new Int32Array(found.data.length);
  for (let i = 0; i < found.data.length; i++) {
    const channel = i % channels;
    const place = (i - channel) / channels;
    const x = (place % found.side) * POOL;
    const y = Math.floor(place / found.side) * POOL;
    let most = -Infinity;
    for (let k = 0; k < POOL * POOL; k++) {
      const at = (y + (k >> 2)) * side + x + (k & 3);
      const value = nearest(doubleAt(input.data, at * channels + channel) * FINE);
      if (value > most) [most, chosen[i]] = [value, at];
    }
    found.data[i] = most / FINE;
  }
  return { maps: found, chosen, side };
}

/** To the pixels that pooling took, then through the convolution's transpose; few places hold anything. */
function spread(back: Maps, { chosen, side }: Pooled, weight: Tensor): Maps {
  const [outputs, inputs] = [itemAt(weight.shape, 0), itemAt(weight.shape, 1)];
  const found = maps(side, inputs);
  for (let i = 0; i < back.data.length; i++) {
    const value = doubleAt(back.data, i);
    const channel = i % outputs;
    const x = intAt(chosen, i) % side;
    const y = (intAt(chosen, i) - x) / side;
    for (let k = 0; k < 9; k++) {
      const px = x + (k % 3) - 1;
      const py = y + Math.floor(k / 3) - 1;
      if (px < 0 || py < 0 || px >= side || py >= side) continue;
      for (let c = 0; c < inputs; c++) {
        const to = (py * side + px) * inputs + c;
        found.data[to] = doubleAt(found.data, to) + value * doubleAt(weight.data, (channel * inputs + c) * 9 + k);
      }
    }
  }
  return found;
}

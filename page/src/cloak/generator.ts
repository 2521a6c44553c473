/** The one-pass cloak: a face and the user's MaskNet in, the change out. See networks/cloaks/cloak_generator.py. */
import { doubleAt, itemAt } from "../checked";
import { added, convolved, kernel, leaky, maps, type Kernel, type Maps } from "./convolution";
import { adjoint, traced, type MaskNet } from "./masknet";
import { named, type Tensor } from "../tensor_file";

const SLOPE = 0.1;
const STEEPEST = 4;
const LEAST = 1e-20;
const SHORTEST = 1e-12;
const LAYERS = ["enter", "down", "inside", "up", "leave"] as const;

interface Round {
  readonly gain: number;
  readonly kernels: Record<(typeof LAYERS)[number], Kernel>;
}

export type Generator = readonly Round[];

export function generator(tensors: ReadonlyMap<string, Tensor>): Generator {
  const rounds: Round[] = [];
  for (let at = 0; tensors.has(`rounds.${at}.gain`); at++) {
    const layer = (name: string): Kernel =>
      kernel(named(tensors, `rounds.${at}.${name}.weight`), tensors.get(`rounds.${at}.${name}.bias`));
    const kernels = Object.fromEntries(LAYERS.map((name) => [name, layer(name)])) as Round["kernels"];
    rounds.push({ gain: doubleAt(named(tensors, `rounds.${at}.gain`).data, 0), kernels });
  }
  return rounds;
}

/** Changes of a face's pixels of 0 to 255, within the bound, not rounded. */
export function perturbation(rounds: Generator, own: MaskNet, face: Maps, bound: number): Maps {
  const photo = folded({ ...face, data: face.data.map((value) => value / 127.5 - 1) });
  const push = maps(photo.side, photo.channels);
  let before: Float64Array | undefined;
  for (const round of rounds) {
    const moved: Maps = { ...push, data: push.data.map(Math.tanh) };
    const shift = unfolded(moved);
    const reached = face.data.map((value, i) => Math.min(255, Math.max(0, value + bound * doubleAt(shift.data, i))));
    const [slopes, unit] = look(own, { ...face, data: reached }, before);
    before ??= unit;
    const residual = refined(round.kernels, beside(photo, moved, slopes));
    for (let i = 0; i < push.data.length; i++)
      push.data[i] = doubleAt(push.data, i) + round.gain * doubleAt(slopes.data, i) + doubleAt(residual.data, i);
  }
  return unfolded({ ...push, data: push.data.map((value) => bound * Math.tanh(value)) });
}

/** Which pixels move the features away, folded and even, and the features of length 1. */
function look(own: MaskNet, photo: Maps, before?: Float64Array): [Maps, Float64Array] {
  const way = traced(own, photo);
  const length = Math.max(SHORTEST, Math.hypot(...way.features));
  const unit = way.features.map((value) => value / length);
  const wanted = before
    ? unit.map((value, i) => Math.sign(value - doubleAt(before, i)))
    : own.numbers.slice(0, unit.length);
  const along = unit.reduce((sum, value, i) => sum + value * doubleAt(wanted, i), 0);
  const turned = unit.map((value, i) => (doubleAt(wanted, i) - value * along) / length);
  return [folded(even(adjoint(own, way, turned))), unit];
}

/** Gradients of root mean square 1, the steepest cut off. */
function even(slopes: Maps): Maps {
  const mean = slopes.data.reduce((sum, value) => sum + value * value, 0) / slopes.data.length;
  const size = Math.sqrt(Math.max(LEAST, mean));
  return { ...slopes, data: slopes.data.map((value) => Math.min(STEEPEST, Math.max(-STEEPEST, value / size))) };
}

function refined({ enter, down, inside, up, leave }: Round["kernels"], seen: Maps): Maps {
  const fine = leaky(convolved(seen, enter), SLOPE);
  const coarse = leaky(convolved(fine, down, 2), SLOPE);
  const deeper = leaky(added(convolved(coarse, inside), coarse), SLOPE);
  const wide = doubled(convolved(deeper, up));
  return convolved(leaky(added(fine, wide), SLOPE), leave);
}

/** Each place four times. */
function doubled(input: Maps): Maps {
  const found = maps(2 * input.side, input.channels);
  for (let i = 0; i < found.data.length; i++) {
    const channel = i % input.channels;
    const place = (i - channel) / input.channels;
    const x = (place % found.side) >> 1;
    const y = Math.floor(place / found.side) >> 1;
    found.data[i] = doubleAt(input.data, (y * input.side + x) * input.channels + channel);
  }
  return found;
}

function beside(...all: Maps[]): Maps {
  const found = maps(
    itemAt(all, 0).side,
    all.reduce((sum, each) => sum + each.channels, 0),
  );
  let first = 0;
  for (const { data, channels } of all) {
    for (let i = 0, to = first; i < data.length; i += channels, to += found.channels) {
      for (let k = 0; k < channels; k++) found.data[to + k] = doubleAt(data, i + k);
    }
    first += channels;
  }
  return found;
}

/** Squares of two by two pixels become channels. */
function folded(input: Maps): Maps {
  const found = maps(input.side / 2, 4 * input.channels);
  turned(input, found, (from, to) => {
    found.data[to] = doubleAt(input.data, from);
  });
  return found;
}

function unfolded(input: Maps): Maps {
  const found = maps(2 * input.side, input.channels / 4);
  turned(found, input, (to, from) => {
    found.data[to] = doubleAt(input.data, from);
  });
  return found;
}

function turned(wide: Maps, small: Maps, take: (wide: number, small: number) => void): void {
  for (let i = 0; i < wide.data.length; i++) {
    const channel = i % wide.channels;
    const place = (i - channel) / wide.channels;
    const x = place % wide.side;
    const y = (place - x) / wide.side;
    take(i, ((y >> 1) * small.side + (x >> 1)) * small.channels + 4 * channel + 2 * (y & 1) + (x & 1));
  }
}

/** Tensors out of a safetensors file, which is taken for hostile; as float64, so that no bit of a weight is lost. */

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const LONGEST_HEAD = 1_000_000;

/** The tensors by name, and what the file says of itself. Throws if the bytes are no such file. */
export function readTensors(bytes: ArrayBuffer): { tensors: Map<string, Tensor>; words: Record<string, string> } {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  if (length > Math.min(LONGEST_HEAD, bytes.byteLength - 8)) throw new Error("no tensors");
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length))) as Record<string, Entry>;
  const { __metadata__: words, ...entries } = head;
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(entries)) tensors.set(name, tensor(entry, bytes, 8 + length));
  return { tensors, words: (words ?? {}) as unknown as Record<string, string> };
}

/** One of the tensors. Throws if there is none of this name. */
export function named(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = tensors.get(name);
  if (!found) throw new Error(`no tensor ${name}`);
  return found;
}

function tensor({ dtype, shape, data_offsets: [start, end] }: Entry, bytes: ArrayBuffer, from: number): Tensor {
  if (!shape.every((side) => Number.isInteger(side) && side >= 0)) throw new Error("no shape");
  const count = shape.reduce((product, side) => product * side, 1);
  const part = bytes.slice(from + start, from + end);
  if (part.byteLength !== count * (dtype === "F16" ? 2 : 4)) throw new Error("cut short");
  const data =
    dtype === "F16"
      ? Float64Array.from(new Uint16Array(part), half)
      : Float64Array.from(dtype === "F32" ? new Float32Array(part) : []);
  if (data.length !== count || !data.every(Number.isFinite)) throw new Error("no numbers");
  return { shape, data };
}

/** A number of 16 bits (IEEE 754). */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const rest = bits & 1023;
  if (exponent === 31) return rest ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + rest / 1024) : 2 ** -14 * (rest / 1024));
}

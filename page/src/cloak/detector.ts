/** Faces in whole photos, by YuNet, looked at in two sizes. See faces/finder.py. */
import { byteAt, floatAt } from "../checked";
import type { InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { larger, smaller } from "./area";
import { cut, nearest, type Photo } from "./pixels";
import { tiles, wholeWithin } from "./tiles";

export interface Face {
  /** Left, top, width and height. */
  readonly box: readonly [number, number, number, number];
  /** Eyes, nose and corners of the mouth. */
  readonly marks: readonly (readonly [number, number])[];
  readonly score: number;
}

export const MOST = 500;
const SIDES = [1280, 320];
const LARGE = 1600;
const CLOSE = 3200 * 2400;
const THRESHOLD = 0.6;
const OVERLAP = 0.3;
const SMALLEST = 12;
const STRIDES = [8, 16, 32];
const f = Math.fround;

type Found = InferenceSession.OnnxValueMapType;
export type Look = (input: Float32Array, height: number, width: number) => Promise<Found>;

/** Faces, the surest first, at most `MOST` and one. */
export async function faces(picture: Photo, look: Look): Promise<Face[]> {
  const found = await looks(picture, look);
  if (Math.max(picture.height, picture.width) > LARGE) found.push(...(await close(picture, look)));
  return distinct(found, true).slice(0, MOST + 1);
}

/** Faces on the whole photo, brought to each of the sizes. */
async function looks(picture: Photo, look: Look): Promise<Face[]> {
  const longer = Math.max(picture.height, picture.width);
  const scales = [...new Set(SIDES.map((side) => Math.min(2, side / longer)))];
  const found: Face[] = [];
  let seen = picture;
  for (const scale of scales) {
    seen = resized(seen, side(picture.height, scale), side(picture.width, scale));
    const across = picture.width / seen.width;
    const down = picture.height / seen.height;
    found.push(...(await rows(seen, look)).map((face) => enlarged(face, across, down)).filter(large));
  }
  return found;
}

/** Faces that lie whole in a tile of a large photo. */
async function close(picture: Photo, look: Look): Promise<Face[]> {
  const scale = Math.min(1, Math.sqrt(CLOSE / (picture.height * picture.width)));
  const [height, width] = [side(picture.height, scale), side(picture.width, scale)];
  const seen = resized(picture, height, width);
  const found: Face[] = [];
  for (const tile of tiles(height, width)) {
    const inside = (await rows(cut(seen, tile), look)).filter(large).map((face) => moved(face, tile.left, tile.top));
    const whole = inside.filter((face) => wholeWithin(face.box, tile, height, width));
    found.push(...whole.map((face) => enlarged(face, picture.width / width, picture.height / height)));
  }
  return found;
}

function large(face: Face): boolean {
  return Math.min(face.box[2], face.box[3]) >= SMALLEST;
}

function moved(face: Face, across: number, down: number): Face {
  const [left, top, width, height] = face.box;
  const marks = face.marks.map(([x, y]) => [x + across, y + down] as const);
  return { ...face, box: [left + across, top + down, width, height], marks };
}

function side(length: number, scale: number): number {
  return Math.max(8, nearest(length * scale));
}

function resized(picture: Photo, height: number, width: number): Photo {
  if (height === picture.height && width === picture.width) return picture;
  return height < picture.height ? smaller(picture, height, width) : larger(picture, height, width);
}

async function rows(picture: Photo, look: Look): Promise<Face[]> {
  const height = Math.ceil(picture.height / 32) * 32;
  const width = Math.ceil(picture.width / 32) * 32;
  const found = await look(planes(picture, height, width), height, width);
  return distinct(STRIDES.flatMap((stride) => decoded(found, stride, width / stride)));
}

/** Blue, green and red planes, with black below and to the right. */
function planes(picture: Photo, height: number, width: number): Float32Array {
  const size = height * width;
  const input = new Float32Array(3 * size);
  const { data } = picture;
  for (let y = 0, from = 0; y < picture.height; y++) {
    for (let to = y * width, end = to + picture.width; to < end; to++, from += 3) {
      input[to] = byteAt(data, from + 2);
      input[size + to] = byteAt(data, from + 1);
      input[2 * size + to] = byteAt(data, from);
    }
  }
  return input;
}

/** In float32, as OpenCV's detector has it. */
function decoded(found: Found, stride: number, columns: number): Face[] {
  const numbers = (name: string): Float32Array => (found[`${name}_${stride}`] as Tensor).data as Float32Array;
  const [sure, there, boxes, marks] = [numbers("cls"), numbers("obj"), numbers("bbox"), numbers("kps")];
  const result: Face[] = [];
  for (let i = 0; i < sure.length; i++) {
    const score = Math.sqrt(Math.min(1, Math.max(0, floatAt(sure, i))) * Math.min(1, Math.max(0, floatAt(there, i))));
    if (score < THRESHOLD) continue;
    const x = i % columns;
    const y = (i - x) / columns;
    const width = f(Math.exp(floatAt(boxes, 4 * i + 2))) * stride;
    const height = f(Math.exp(floatAt(boxes, 4 * i + 3))) * stride;
    const left = f(f(x + floatAt(boxes, 4 * i)) * stride - width / 2);
    const top = f(f(y + floatAt(boxes, 4 * i + 1)) * stride - height / 2);
    const mark = (k: number): [number, number] => [
      f(floatAt(marks, 10 * i + 2 * k) + x) * stride,
      f(floatAt(marks, 10 * i + 2 * k + 1) + y) * stride,
    ];
    result.push({ box: [left, top, width, height], marks: [0, 1, 2, 3, 4].map(mark), score });
  }
  return result;
}

function enlarged(face: Face, across: number, down: number): Face {
  const [left, top, width, height] = face.box;
  return {
    box: [left * across, top * down, width * across, height * down],
    marks: face.marks.map(([x, y]) => [x * across, y * down] as const),
    score: face.score,
  };
}

/** Different faces: of those that overlap, the surest. OpenCV's detector compares boxes in whole pixels. */
function distinct(found: readonly Face[], exact = false): Face[] {
  const kept: Face[] = [];
  for (const face of [...found].sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => overlap(face, other, exact) <= OVERLAP)) kept.push(face);
  }
  return kept;
}

function overlap(one: Face, other: Face, exact: boolean): number {
  const whole = exact ? (value: number): number => value : Math.trunc;
  const sides = ([left, top, width, height]: Face["box"]): Face["box"] => [
    whole(left),
    whole(top),
    whole(width),
    whole(height),
  ];
  const [a, b] = [sides(one.box), sides(other.box)];
  const across = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (a[2] * a[3] + b[2] * b[3] - across * down);
}

/** From a face in a photo to the upright square that recognisers look at, and back. See faces/alignment.py. */
import { itemAt } from "../checked";
import type { Face } from "./detector";
import { smaller } from "./area";
import { warped } from "./warp";
import { like, nearest, type Pixels, type Placement, type Region } from "./pixels";

export const TEMPLATE = 112;
const MARKS: readonly (readonly [number, number])[] = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];
const BOX_SIDE = 92;
const BOX_CENTRE = [56, 64] as const;

export function placement(face: Face): Placement {
  const byBox = face.box[3] / BOX_SIDE;
  const found = similarity(face.marks);
  const scale = Math.hypot(found[0], found[3]);
  if (byBox / 2 <= scale && scale <= byBox * 2) return found;
  const [left, top, width, height] = face.box;
  const x = left + width / 2 - byBox * BOX_CENTRE[0];
  const y = top + height / 2 - byBox * BOX_CENTRE[1];
  return [byBox, 0, x, 0, byBox, y];
}

function mean(points: readonly (readonly [number, number])[]): [number, number] {
  const n = points.length;
  return [points.reduce((s, p) => s + p[0], 0) / n, points.reduce((s, p) => s + p[1], 0) / n];
}

/** Rotation, scale and shift that bring the template's marks nearest to a face's. */
function similarity(marks: readonly (readonly [number, number])[]): Placement {
  const centre = mean(MARKS);
  const middle = mean(marks);
  let size = 0;
  let cosine = 0;
  let sine = 0;
  MARKS.forEach((mark, i) => {
    const [right, below] = itemAt(marks, i);
    const [ax, ay] = [mark[0] - centre[0], mark[1] - centre[1]];
    const [bx, by] = [right - middle[0], below - middle[1]];
    size += ax * ax + ay * ay;
    cosine += ax * bx + ay * by;
    sine += ax * by - ay * bx;
  });
  cosine /= size;
  sine /= size;
  const x = middle[0] - (cosine * centre[0] - sine * centre[1]);
  const y = middle[1] - (sine * centre[0] + cosine * centre[1]);
  return [cosine, -sine, x, sine, cosine, y];
}

/** The square nearby whose first and last corner lie on a grid of about one of its own pixels, in the photo. */
export function settled(place: Placement): Placement {
  const [a, b, x, c, d, y] = place;
  const grid = 2 ** Math.floor(Math.log2(Math.hypot(a, c)));
  const onGrid = (value: number): number => nearest(value / grid) * grid;
  const [left, top] = [onGrid(x), onGrid(y)];
  const across = (onGrid(a * TEMPLATE + b * TEMPLATE + x) - left) / TEMPLATE;
  const down = (onGrid(c * TEMPLATE + d * TEMPLATE + y) - top) / TEMPLATE;
  const [cosine, sine] = [(across + down) / 2, (down - across) / 2];
  return [cosine, -sine, left, sine, cosine, top];
}

export function scaled(place: Placement, size: number): Placement {
  const factor = TEMPLATE / size;
  const half = (factor - 1) / 2;
  const [a, b, x, c, d, y] = place;
  return [a * factor, b * factor, a * half + b * half + x, c * factor, d * factor, c * half + d * half + y];
}

/** The part of a photo that a square touches; empty if it lies outside. */
export function bounds(place: Placement, height: number, width: number): Region {
  const [a, b, x, c, d, y] = place;
  const ends = [-0.5, TEMPLATE];
  const across = ends.flatMap((v) => ends.map((u) => a * u + b * v + x));
  const down = ends.flatMap((v) => ends.map((u) => c * u + d * v + y));
  const left = Math.max(0, Math.floor(Math.min(...across)));
  const top = Math.max(0, Math.floor(Math.min(...down)));
  const right = Math.ceil(Math.max(...across)) + 1;
  const bottom = Math.ceil(Math.max(...down)) + 1;
  return {
    top,
    bottom: Math.max(top, Math.min(height, bottom)),
    left,
    right: Math.max(left, Math.min(width, right)),
  };
}

export function shifted(place: Placement, region: Region): Placement {
  const [a, b, x, c, d, y] = place;
  return [a, b, x - region.left, c, d, y - region.top];
}

export function inverse(place: Placement): Placement {
  const [a, b, x, c, d, y] = place;
  const area = determinant(place);
  const [p, q, r, s] = [d / area, -b / area, -c / area, a / area];
  return [p, q, -(p * x + q * y), r, s, -(r * x + s * y)];
}

export function determinant(place: Placement): number {
  return place[0] * place[4] - place[1] * place[3];
}

/** A picture seen through a placement: cubic, with averaging beforehand where it becomes smaller. */
export function resample<P extends Pixels>(
  source: P,
  place: Placement,
  height: number,
  width: number,
  edge: boolean,
): P {
  const [a, b, x, c, d, y] = place;
  const toWidth = Math.max(1, nearest(source.width / Math.max(1, Math.hypot(a, c))));
  const toHeight = Math.max(1, nearest(source.height / Math.max(1, Math.hypot(b, d))));
  const found = like(source, height, width);
  if (toWidth === source.width && toHeight === source.height) return warped(source, place, found, edge);
  const across = toWidth / source.width;
  const down = toHeight / source.height;
  const moved: Placement = [
    a * across,
    b * across,
    x * across + (across - 1) / 2,
    c * down,
    d * down,
    y * down + (down - 1) / 2,
  ];
  return warped(smaller(source, toHeight, toWidth), moved, found, edge);
}

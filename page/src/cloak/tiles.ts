/** Parts of a large photo, which overlap, so that what is small lies whole in at least one. See faces/tiles.py. */
import type { Region } from "./pixels";

const SIDE = 1280;
const OVERLAP = 160;
const EDGE = 2;

export function tiles(height: number, width: number): Region[] {
  return along(height).flatMap(([top, bottom]) => along(width).map(([left, right]) => ({ top, bottom, left, right })));
}

/** Whether no edge of the tile cuts a box; an edge of the photo cuts nothing that a neighbour would have whole. */
export function wholeWithin(
  box: readonly [number, number, number, number],
  tile: Region,
  height: number,
  width: number,
): boolean {
  const [left, top, across, down] = box;
  return (
    (left > tile.left + EDGE || tile.left === 0) &&
    (top > tile.top + EDGE || tile.top === 0) &&
    (left + across < tile.right - EDGE || tile.right === width) &&
    (top + down < tile.bottom - EDGE || tile.bottom === height)
  );
}

function along(length: number): [number, number][] {
  if (length <= SIDE) return [[0, length]];
  const count = Math.ceil((length - OVERLAP) / (SIDE - OVERLAP));
  const step = (length - SIDE) / (count - 1);
  return Array.from({ length: count }, (_, i) => {
    const start = i === count - 1 ? length - SIDE : Math.trunc(i * step);
    return [start, start + SIDE];
  });
}

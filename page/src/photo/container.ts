/**
 * What a photo's file says before it is decoded: kind, size, quality, colours, resolution. See data/containers.
 *
 * Files are taken for hostile, and may end anywhere: what would stand beyond the end counts as 0, and the browser, which
 * decodes the photo afterwards, refuses it.
 */

export interface Facts {
  readonly kind: "jpeg" | "png" | "webp" | "heic" | "other";
  /** Zero where the file's kind is another. */
  readonly width: number;
  readonly height: number;
  /** Bits of a channel. */
  readonly bits: number;
  readonly channels: number;
  /** 1 to 100, for JPEG. */
  readonly quality?: number;
  /** Segments of a JPEG, or chunks of a PNG, that say what its colours are, and how large its pixels. */
  readonly profile: readonly Uint8Array[];
  /** JFIF's unit, and pixels to the unit across and down. */
  readonly density?: Uint8Array;
}

const OTHER: Facts = { kind: "other", width: 0, height: 0, bits: 8, channels: 3, profile: [] };
/** Luminance table of the JPEG standard (ITU-T T.81, K.1), in zigzag order. */
const STANDARD = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
  60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121,
  112, 100, 120, 92, 101, 103, 99,
];

export function facts(bytes: Uint8Array): Facts {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpeg(bytes);
  if (text(bytes, 1, 3) === "PNG") return png(bytes);
  if (text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 4) === "WEBP") return webp(bytes);
  return /^ftyp(hei|hev|mif1|msf1)/.test(text(bytes, 4, 8)) ? { ...OTHER, kind: "heic" } : OTHER;
}

export interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

/** Segments of a JPEG before its picture, without the fill bytes that may stand before each. */
export function* segments(bytes: Uint8Array): Generator<Segment> {
  for (let start = 2; start + 4 <= bytes.length && bytes[start] === 0xff; ) {
    while (bytes[start + 1] === 0xff) start++;
    const marker = byte(bytes, start + 1);
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      start += 2; // a marker without a length
      continue;
    }
    const end = start + 2 + pair(bytes, start + 2);
    yield { marker, start, end };
    if (marker === 0xda || end <= start + 3) return;
    start = end;
  }
}

export function isProfile(bytes: Uint8Array, { marker, start }: Segment): boolean {
  return marker === 0xe2 && text(bytes, start + 4, 11) === "ICC_PROFILE";
}

/** Whether it is the segment that says the resolution. */
export function isJfif(bytes: Uint8Array, { marker, start, end }: Segment): boolean {
  return marker === 0xe0 && text(bytes, start + 4, 5) === "JFIF\0" && end >= start + 18;
}

function jpeg(bytes: Uint8Array): Facts {
  let found: Facts = { ...OTHER, kind: "jpeg" };
  for (const segment of segments(bytes)) {
    const { marker, start, end } = segment;
    const at = start + 4;
    if (marker >= 0xc0 && marker <= 0xc2) {
      const [bits, channels] = [byte(bytes, at), byte(bytes, at + 5)];
      const [height, width] = [pair(bytes, at + 1), pair(bytes, at + 3)];
      found = { ...found, bits, height, width, channels };
    } else if (marker === 0xdb && bytes[at] === 0) {
      found = { ...found, quality: quality(bytes.subarray(at + 1, at + 65)) };
    } else if (isProfile(bytes, segment)) {
      found = { ...found, profile: [...found.profile, bytes.slice(start, end)] };
    } else if (isJfif(bytes, segment)) {
      found = { density: bytes.slice(start + 11, start + 16), ...found };
    }
  }
  return found;
}

/** Which quality's table is nearest. */
function quality(table: Uint8Array): number {
  const sum = table.reduce((total, value) => total + value, 0);
  let best = 92;
  let least = Infinity;
  for (let each = 1; each <= 100; each++) {
    const scale = each < 50 ? 5000 / each : 200 - 2 * each;
    const steps = STANDARD.map((value) => Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))));
    const apart = Math.abs(steps.reduce((total, value) => total + value, 0) - sum);
    if (apart <= least) [best, least] = [each, apart];
  }
  return best;
}

/** Lengths of the chunks of a PNG that say what colours and how large its pixels are; a profile has any. */
const MARKS: Record<string, number> = { iCCP: -1, cICP: 4, mDCV: 24, cLLI: 8, sRGB: 1, gAMA: 4, cHRM: 32, pHYs: 9 };

interface Chunk {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Chunks of a PNG before its picture that viewers heed: each once, those of colours before the palette. */
export function marks(bytes: Uint8Array): Chunk[] {
  const found = new Map<string, Chunk>();
  let colours = true;
  for (let start = 8; start + 12 <= bytes.length; ) {
    const length = whole(bytes, start);
    const name = text(bytes, start + 4, 4);
    const end = start + 12 + length;
    if (name === "IDAT" || end > bytes.length) break;
    if (name === "PLTE") colours = false;
    const fits = MARKS[name] === -1 || MARKS[name] === length;
    if (fits && (colours || name === "pHYs") && !found.has(name)) found.set(name, { name, start, end });
    start = end;
  }
  return [...found.values()];
}

function png(bytes: Uint8Array): Facts {
  const [width, height] = [whole(bytes, 16), whole(bytes, 20)];
  const profile = marks(bytes).map(({ start, end }) => bytes.slice(start, end));
  return { ...OTHER, kind: "png", width, height, bits: byte(bytes, 24), profile };
}

function webp(bytes: Uint8Array): Facts {
  const kind = text(bytes, 12, 4);
  const small = (at: number): number => byte(bytes, at) | (byte(bytes, at + 1) << 8);
  const long = (at: number): number => 1 + (small(at) | (byte(bytes, at + 2) << 16));
  let [width, height] = [small(26) & 0x3fff, small(28) & 0x3fff];
  if (kind === "VP8X") [width, height] = [long(24), long(27)];
  if (kind === "VP8L") {
    [width, height] = [1 + (small(21) & 0x3fff), 1 + ((small(22) >> 6) | ((byte(bytes, 24) & 15) << 10))];
  }
  return { ...OTHER, kind: "webp", width, height };
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function pair(bytes: Uint8Array, at: number): number {
  return (byte(bytes, at) << 8) | byte(bytes, at + 1);
}

function whole(bytes: Uint8Array, at: number): number {
  return pair(bytes, at) * 65536 + pair(bytes, at + 2);
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** A photo out of its file, and into one again: its kind, quality and colours as far as a browser keeps them. */
import { byteAt } from "../checked";
import { photo, type Photo, type Region } from "../cloak/pixels";
import { UserError } from "../errors";
import { proved } from "./canvas";
import { facts, isJfif, isProfile, marks, segments, type Facts } from "./container";

const MOST_BYTES = 20_000_000;
const MOST_PIXELS = 25_000_000;
const MOST_SIDE = 32_767;
const TYPES = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  heic: "image/png",
  other: "image/png",
} as const;
const WEBP_QUALITY = 0.9;

export interface Opened {
  readonly facts: Facts;
  readonly photo: Photo;
  /** Of the canvas that holds the photo. */
  readonly context: OffscreenCanvasRenderingContext2D;
}

/** Decode a photo, upright. Throws `UserError` if it is none, or too large; its header is looked at first. */
export async function opened(file: Blob): Promise<Opened> {
  if (file.size > MOST_BYTES) throw new UserError(`The file is too large: more than ${MOST_BYTES / 1e6} MB.`);
  const found = facts(new Uint8Array(await file.arrayBuffer()));
  requireSize(found.width, found.height);
  if (found.bits > 8) throw new UserError("The photo has 16 bits per colour, and the browser would keep only 8.");
  if (found.channels === 4)
    throw new UserError("The photo is in printing inks (CMYK), and saving it here would change its colours.");
  // The numbers as they are where its profile is put back; else as what the profile says.
  const colours = found.kind === "jpeg" || found.kind === "png" ? "none" : "default";
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: colours, imageOrientation: "from-image" }).catch(
    () => {
      if (found.kind === "heic")
        throw new UserError("The browser cannot read HEIC photos. To cloak it, save it as JPEG and choose that file.");
      throw new UserError("The browser cannot read this file as a photo.");
    },
  );
  requireSize(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = proved(canvas);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const made = photo(canvas.height, canvas.width, 3);
  for (let i = 0, j = 0; i < data.length; i += 4, j += 3) {
    made.data[j] = byteAt(data, i);
    made.data[j + 1] = byteAt(data, i + 1);
    made.data[j + 2] = byteAt(data, i + 2);
  }
  return { facts: found, photo: made, context };
}

function requireSize(width: number, height: number): void {
  if (Math.max(width, height) > MOST_SIDE) {
    throw new UserError(
      `A side of the photo is too long: ${width} x ${height} pixels; a side has at most ${MOST_SIDE}.`,
    );
  }
  if (width * height <= MOST_PIXELS) return;
  const [size, most] = [Math.round((width * height) / 1e6), MOST_PIXELS / 1e6];
  throw new UserError(`The photo is too large: ${size} megapixels; at most ${most} are accepted.`);
}

/** A file of other pixels in these regions, written as the photo was. */
export async function written(opened: Opened, after: Photo, regions: readonly Region[]): Promise<Blob> {
  const { facts: found, context } = opened;
  for (const { left, top, right, bottom } of regions) {
    const image = context.getImageData(left, top, right - left, bottom - top);
    for (let y = top, i = 0; y < bottom; y++) {
      for (let j = 3 * (y * after.width + left), end = j + 3 * (right - left); j < end; j += 3, i += 4) {
        image.data[i] = byteAt(after.data, j);
        image.data[i + 1] = byteAt(after.data, j + 1);
        image.data[i + 2] = byteAt(after.data, j + 2);
      }
    }
    context.putImageData(image, left, top);
  }
  const quality = found.kind === "jpeg" ? (found.quality ?? 92) / 100 : WEBP_QUALITY;
  const blob = await context.canvas.convertToBlob({ type: TYPES[found.kind], quality });
  return found.kind === "jpeg" || found.kind === "png" ? coloured(blob, found) : blob;
}

/** The file with the colours and the resolution of the photo that it came from, instead of the browser's. */
async function coloured(blob: Blob, { kind, profile, density }: Facts): Promise<Blob> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const own = kind === "jpeg" ? [...segments(bytes)] : [];
  const jfif = own.find((segment) => isJfif(bytes, segment));
  if (jfif && density) bytes.set(density, jfif.start + 11);
  const drop = kind === "jpeg" ? own.filter((segment) => isProfile(bytes, segment)) : marks(bytes);
  const first = kind === "jpeg" ? (jfif?.end ?? 2) : 33; // after JFIF's segment, or PNG's header
  const parts: BlobPart[] = [bytes.slice(0, first), ...profile.map((part) => part.slice())];
  let from = first;
  for (const { start, end } of drop) {
    parts.push(bytes.slice(from, start));
    from = end;
  }
  return new Blob([...parts, bytes.slice(from)], { type: blob.type });
}

/** A photo out of its file, and into one again: its kind, quality and colours as far as a browser keeps them. */
import { photo, type Photo, type Region } from "../cloak/pixels";
import { Told } from "../told";
import { proved } from "./canvas";
import { facts, isJfif, isProfile, marks, segments, type Facts } from "./container";

const MOST_BYTES = 20_000_000;
const MOST_PIXELS = 25_000_000;
const MOST_SIDE = 32_767;
const TYPES = { jpeg: "image/jpeg", png: "image/png", webp: "image/webp", heic: "image/png", other: "image/png" } as const;
const WEBP_QUALITY = 0.9;

export interface Opened {
  readonly facts: Facts;
  readonly photo: Photo;
  readonly canvas: OffscreenCanvas;
}

/** Decode a photo, upright. Throws `Told` if it is none, or too large; its header is looked at first. */
export async function opened(file: Blob): Promise<Opened> {
  if (file.size > MOST_BYTES) throw new Told(`The file is too large: more than ${MOST_BYTES / 1e6} MB.`);
  const found = facts(new Uint8Array(await file.arrayBuffer()));
  requireSize(found.width, found.height);
  if (found.bits > 8) throw new Told("It has 16 bits a colour, of which the browser would lose half.");
  if (found.channels === 4) throw new Told("Its colours are inks (CMYK), which writing it would change.");
  // The numbers as they are where its profile is put back; else as what the profile says.
  const colours = found.kind === "jpeg" || found.kind === "png" ? "none" : "default";
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: colours, imageOrientation: "from-image" }).catch(
    () => {
      if (found.kind === "heic") throw new Told("The browser cannot read HEIC photos: save it as JPEG, and choose that.");
      throw new Told("The browser cannot read this file as a photo.");
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
    made.data[j] = data[i];
    made.data[j + 1] = data[i + 1];
    made.data[j + 2] = data[i + 2];
  }
  return { facts: found, photo: made, canvas };
}

function requireSize(width: number, height: number): void {
  if (Math.max(width, height) > MOST_SIDE) {
    throw new Told(`The photo is too long: ${width} x ${height} pixels; a side has at most ${MOST_SIDE}.`);
  }
  if (width * height <= MOST_PIXELS) return;
  const [size, most] = [Math.round((width * height) / 1e6), MOST_PIXELS / 1e6];
  throw new Told(`The photo is too large: ${size} megapixels; at most ${most} are taken.`);
}

/** A file of other pixels in these regions, written as the photo was. */
export async function written(opened: Opened, after: Photo, regions: readonly Region[]): Promise<Blob> {
  const { facts: found, canvas } = opened;
  const context = canvas.getContext("2d")!;
  for (const { left, top, right, bottom } of regions) {
    const image = context.getImageData(left, top, right - left, bottom - top);
    for (let y = top, i = 0; y < bottom; y++) {
      for (let j = 3 * (y * after.width + left), end = j + 3 * (right - left); j < end; j += 3, i += 4) {
        image.data[i] = after.data[j];
        image.data[i + 1] = after.data[j + 1];
        image.data[i + 2] = after.data[j + 2];
      }
    }
    context.putImageData(image, left, top);
  }
  const quality = found.kind === "jpeg" ? (found.quality ?? 92) / 100 : WEBP_QUALITY;
  const blob = await canvas.convertToBlob({ type: TYPES[found.kind], quality });
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

/** A photo out of its file, and into one again: its kind, quality and colours as far as a browser keeps them. */
import { photo, type Photo, type Region } from "../cloak/pixels";
import { Told } from "../told";
import { chunks, facts, isProfile, saysColours, segments, type Facts } from "./container";

const MOST_BYTES = 20_000_000;
const MOST_PIXELS = 25_000_000;
const TYPES = { jpeg: "image/jpeg", png: "image/png", webp: "image/webp", other: "image/png" } as const;
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
      throw new Told("The browser cannot read this file as a photo.");
    },
  );
  requireSize(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
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

/** The file with the colour profile of the photo that it came from, instead of the browser's. */
async function coloured(blob: Blob, { kind, profile }: Facts): Promise<Blob> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const drop =
    kind === "jpeg"
      ? [...segments(bytes)].filter((segment) => isProfile(bytes, segment))
      : [...chunks(bytes)].filter(({ name }) => saysColours(name));
  // After JFIF's segment, or PNG's header.
  const first = kind === "jpeg" ? (bytes[3] === 0xe0 ? 4 + ((bytes[4] << 8) | bytes[5]) : 2) : 33;
  const parts: BlobPart[] = [bytes.slice(0, first), ...profile.map((part) => part.slice())];
  let from = first;
  for (const { start, end } of drop) {
    parts.push(bytes.slice(from, start));
    from = end;
  }
  return new Blob([...parts, bytes.slice(from)], { type: blob.type });
}

/** The name of a cloaked photo: its ending is that of the kind it is written as. */
export function cloakedName(name: string, type: string): string {
  const ending = type.split("/")[1];
  const same = { jpeg: /\.(jpe?g|jfif)$/i, png: /\.png$/i, webp: /\.webp$/i }[ending]?.test(name);
  return same ? `cloaked-${name}` : `cloaked-${name}.${ending === "jpeg" ? "jpg" : ending}`;
}

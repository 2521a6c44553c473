/** Whether a canvas holds what is drawn on it: browsers that guard against fingerprinting give noise instead. */
import { byteAt } from "../checked";
import { UserError } from "../errors";

const SIDE = 8;
/** Grey levels by which some browsers (Brave) blur what is read back; a photo bears that. */
const MOST_BLUR = 4;
const NOISE =
  "This browser gives pages noise instead of a photo’s pixels, as Tor Browser and LibreWolf do against " +
  "fingerprinting. Allow this page to read canvases (a sign in the address bar), or use another browser.";

/** A canvas's context, once known pixels in its last corner came back as they were drawn. Throws `UserError`. */
export function proved(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const { width, height } = canvas;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw tooLarge(canvas);
  const [across, down] = [Math.min(SIDE, width), Math.min(SIDE, height)];
  const [left, top] = [width - across, height - down];
  const known = new ImageData(across, down);
  known.data.set(known.data.map((_, i) => (i % 4 === 3 ? 255 : (37 * i + 11) % 256)));
  context.putImageData(known, left, top);
  const back = readBack(context, left, top, across, down);
  if (!back || back.every((value) => value === 0)) throw tooLarge(canvas);
  if (back.some((value, i) => Math.abs(value - byteAt(known.data, i)) > MOST_BLUR)) throw new UserError(NOISE);
  context.clearRect(left, top, across, down);
  return context;
}

function readBack(
  context: OffscreenCanvasRenderingContext2D,
  ...place: [number, number, number, number]
): Uint8ClampedArray | undefined {
  try {
    return context.getImageData(...place).data;
  } catch {
    return undefined; // some browsers throw where others give emptiness
  }
}

function tooLarge({ width, height }: OffscreenCanvas): UserError {
  const size = (width * height) / 1e6;
  return new UserError(
    `The photo is too large for this browser: ${size.toFixed(1)} megapixels do not fit on its canvas ` +
      "(on iPhones 16.7 do). Make it smaller, or use another browser.",
  );
}

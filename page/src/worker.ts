/** Cloaks photos beside the page, one at a time, so that the page stays usable. */
import { faces, MOST, type Look } from "./cloak/detector";
import { masknet, type MaskNet } from "./cloak/masknet";
import { cloaked, MIN_SSIM, squares, touched, type Square } from "./cloak/photo_cloak";
import type { Photo } from "./cloak/pixels";
import { engine } from "./engine";
import { CANCELLED, type Answer, type Ask, type Spot } from "./messages";
import { opened, written, type Opened } from "./photo/photo_file";
import { readMaskNet } from "./provider/masknet_file";
import { UserError, userMessage } from "./errors";

const SIZE = 112;
const answer = (message: Answer): void => self.postMessage(message);
const ready = engine();
const known = new Map<number, Square[]>();
let own: MaskNet | undefined;
let last: { id: number; file: Opened } | undefined;
let stopped = false;

ready.then(
  () => answer({ kind: "ready" }),
  (error: unknown) => answer({ kind: "broken", words: userMessage(error) }),
);

/** Let messages in; one of them may say stop. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (stopped) throw new UserError(CANCELLED);
}

async function read(id: number, file: Blob): Promise<Opened> {
  if (last?.id !== id) last = { id, file: await opened(file) };
  return last.file;
}

async function found(id: number, photo: Photo): Promise<Square[]> {
  const before = known.get(id);
  if (before) return before;
  if (!own) throw new UserError("There is no MaskNet to cloak the photo with.");
  const { look, perturb } = await ready;
  const patient: Look = async (...seen) => {
    await pause();
    return look(...seen);
  };
  const all = await faces(photo, patient);
  if (all.length > MOST) throw new UserError(`The photo has more than ${MOST} faces.`);
  const change = perturb(own);
  const made = await squares(photo, all, SIZE, async (face) => {
    await pause();
    return change(face);
  });
  if (!made.length) throw new UserError("No face was found, so there is nothing to cloak.");
  known.set(id, made);
  return made;
}

function spot(photo: Photo, made: readonly Square[]): Spot {
  const regions = made.map((square) => touched(photo, square));
  const { left, top, right, bottom } = regions.reduce((a, b) => (a.right - a.left < b.right - b.left ? b : a));
  return [left / photo.width, top / photo.height, (right - left) / photo.width, (bottom - top) / photo.height];
}

async function work(ask: Extract<Ask, { id: number }>): Promise<Answer> {
  const { id } = ask;
  const file = await read(id, ask.file);
  const made = await found(id, file.photo);
  const { photo, ssim } = cloaked(file.photo, made, ask.strength);
  if (ask.kind === "look") return { kind: "looked", id, ssim };
  if (ssim < MIN_SSIM) {
    throw new UserError(`A face would change too much (similarity ${ssim.toFixed(2)}): lower the strength.`);
  }
  const blob = await written(
    file,
    photo,
    made.map((square) => touched(photo, square)),
  );
  return { kind: "cloaked", id, blob, ssim, faces: made.length, spot: spot(photo, made) };
}

self.onmessage = async ({ data }: MessageEvent<Ask>) => {
  if (data.kind === "own") {
    own = data.bytes && masknet(readMaskNet(data.bytes));
    known.clear();
  } else if (data.kind === "stop") stopped = true;
  else {
    stopped = false;
    answer(await work(data).catch((error: unknown) => ({ kind: "failed", id: data.id, words: userMessage(error) })));
  }
};

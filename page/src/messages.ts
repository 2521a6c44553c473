/** What the page asks of its worker, and what it is answered. */

/** The reason given for a photo that was not waited for. */
export const CANCELLED = "Cancelled.";

export type Ask =
  | { kind: "own"; bytes: ArrayBuffer | undefined }
  | { kind: "cloak" | "look"; id: number; file: Blob; strength: number }
  | { kind: "stop" };

/** Left, top, width and height of the largest face, as shares of the photo's sides. */
export type Spot = readonly [number, number, number, number];

export interface Cloaked {
  kind: "cloaked";
  id: number;
  blob: Blob;
  ssim: number;
  faces: number;
  spot: Spot;
}

export type Answer =
  | { kind: "ready" }
  | { kind: "broken"; words: string }
  | Cloaked
  | { kind: "looked"; id: number; ssim: number }
  | { kind: "failed"; id: number; words: string };

/** What the page computes as Python does; tests/page/test_page_twins.py holds Python to the same file. */
import { describe, expect, test } from "vitest";
import vectors from "../../tests/vectors/page.json";
import { bounds, inverse, placement, scaled, settled, shifted } from "../src/cloak/alignment";
import { type Photo, type Placement, photo } from "../src/cloak/pixels";
import { sampled } from "../src/cloak/sampling";
import { tiles, wholeWithin } from "../src/cloak/tiles";
import { facts } from "../src/photo/container";
import { requireSigned } from "../src/provider/statement";

type Point = [number, number];
type Box = [number, number, number, number];

/** The photo that both sides draw. */
function picture(height: number, width: number): Photo {
  const drawn = photo(height, width, 3);
  drawn.data.set(
    drawn.data.map((_, i) => {
      const [channel, place] = [i % 3, Math.floor(i / 3)];
      const [x, y] = [place % width, Math.floor(place / width)];
      return (7 * x + 13 * y + 29 * channel + ((x * y) % 31)) % 256;
    }),
  );
  return drawn;
}

async function sha256(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function near(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 8);
}

describe.each(vectors.placements)("the square of a face at $box", (face) => {
  const place = placement({ box: face.box as Box, marks: face.marks as Point[], score: 1 });
  const square = settled(place);
  const [top, bottom, left, right] = face.bounds as Box;

  test("is placed by its marks, or by its box where they contradict it", () => near(place, face.placement));
  test("is settled on the grid to the last bit", () => expect(square).toEqual(face.settled));
  test("has the same placement at another size", () => near(scaled(square, 64), face.scaled));
  test("has an inverse", () => near(inverse(square), face.inverse));
  test("touches a part of the photo", () => {
    expect(bounds(square, 400, 500)).toEqual({ top, bottom, left, right });
    near(shifted(square, { top, bottom, left, right }), face.shifted);
  });
});

test.each(vectors.samples)("a photo of $height x $width is sampled to the last bit", async (sample) => {
  const drawn = picture(sample.height, sample.width);
  for (const [i, place] of sample.places.entries()) {
    const seen = sampled(drawn, place as unknown as Placement, sample.size);
    expect(await sha256(seen.data as Uint8Array<ArrayBuffer>)).toBe(sample.sha256[i]);
  }
});

test.each(vectors.tiles)("tiles of $height x $width", ({ height, width, box, whole, ...wanted }) => {
  const found = tiles(height, width);
  expect(found.map(({ top, bottom, left, right }) => [top, bottom, left, right])).toEqual(wanted.tiles);
  expect(found.map((tile) => wholeWithin(box as Box, tile, height, width))).toEqual(whole);
});

describe("a provider's statement", () => {
  const { public: key, content, ...signed } = vectors.statement;
  const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;

  test("is good for its account and bytes", async () => {
    await expect(requireSigned(signed, bytes(content), key, "a1")).resolves.toBeUndefined();
  });
  test("is refused for another account, for other bytes, and when anything else was signed", async () => {
    await expect(requireSigned(signed, bytes(content), key, "a2")).rejects.toThrow("issued to another account");
    await expect(requireSigned(signed, bytes(`${content}.`), key, "a1")).rejects.toThrow("not those that the provider");
    const forged = { ...signed, statement: signed.statement.replace("a1", "a2") };
    await expect(requireSigned(forged, bytes(content), key, "a2")).rejects.toThrow("did not sign");
    const other = key.replace(/^../, (byte) => (byte === "00" ? "01" : "00"));
    await expect(requireSigned(signed, bytes(content), other, "a1")).rejects.toThrow("did not sign");
    await expect(requireSigned({ ...signed, signature: "%" }, bytes(content), key, "a1")).rejects.toThrow("not sign");
  });
});

test.each(Object.entries(vectors.files))("%s says what it is before it is decoded", (_, { base64, ...wanted }) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  expect(facts(bytes)).toMatchObject({ bits: 8, ...wanted });
});

test.each(Object.entries(vectors.files))("%s may end anywhere", (_, { base64 }) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  for (let end = 0; end < Math.min(bytes.length, 700); end++) {
    const found = facts(bytes.slice(0, end));
    for (const side of [found.width, found.height, found.bits, found.channels]) expect(side).toBeGreaterThanOrEqual(0);
  }
});

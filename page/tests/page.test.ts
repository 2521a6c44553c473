/** Small parts: errors, names, checked access, rounding, tensor files, answers of a provider. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { byteAt, doubleAt, floatAt, intAt, itemAt, pixelAt } from "../src/checked";
import { larger, smaller } from "../src/cloak/area";
import { nearest, photo } from "../src/cloak/pixels";
import { similar } from "../src/cloak/similarity";
import { UserError, userMessage } from "../src/errors";
import { cloakedName, Names } from "../src/photo/names";
import { issued, join, leave } from "../src/provider/account";
import { readMaskNet } from "../src/provider/masknet_file";
import { named, readTensors } from "../src/tensor_file";

test("people are told of errors that were written for them, and never what a program says", () => {
  expect(userMessage(new UserError("The file is too large."))).toBe("The file is too large.");
  expect(userMessage(new TypeError("x is undefined"))).toBe("Something went wrong in the page. Load it again.");
});

test("what lies outside of an array is an error, not undefined", () => {
  expect(itemAt(["a"], 0)).toBe("a");
  for (const read of [
    () => itemAt([], 0),
    () => byteAt(new Uint8Array(2), 2),
    () => intAt(new Int32Array(2), -1),
    () => floatAt(new Float32Array(2), 0.5),
    () => doubleAt(new Float64Array(2), Number.NaN),
    () => pixelAt(new Uint8Array(0), 0),
  ]) {
    expect(read).toThrow(RangeError);
  }
});

test("halves are rounded to even, as numpy rounds", () => {
  expect([-1.5, -0.5, 0.5, 1.5, 2.5, 2.51].map((value) => nearest(value) + 0)).toEqual([-2, 0, 0, 2, 2, 3]);
});

test("flat photos stay flat at every size, and like themselves", () => {
  const flat = photo(40, 30, 3);
  flat.data.fill(77);
  for (const other of [smaller(flat, 20, 15), smaller(flat, 17, 13), larger(flat, 55, 41)]) {
    expect(new Set(other.data)).toEqual(new Set([77]));
  }
  expect(similar(flat, flat)).toBeCloseTo(1, 12);
});

test("names of cloaked photos can be kept beside one another on every system", () => {
  expect(cloakedName("a.jpg", "image/jpeg")).toBe("cloaked-a.jpg");
  expect(cloakedName("a.heic", "image/png")).toBe("cloaked-a.heic.png");
  expect(cloakedName("a.png", "image/jpeg")).toBe("cloaked-a.png.jpg");
  expect(cloakedName('a<"\u202e:. ', "image/webp")).toBe("cloaked-a____.webp");
  const names = new Names();
  expect(["a.jpg", "A.JPG", "a.jpg", "e\u0301.png", "\u00e9.png"].map((name) => names.unique(name))).toEqual([
    "a.jpg",
    "A-2.JPG",
    "a-3.jpg",
    "e\u0301.png",
    "\u00e9-2.png",
  ]);
});

/** A safetensors file. */
function file(head: unknown, body: ArrayBufferLike = new ArrayBuffer(0)): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const bytes = new Uint8Array(8 + text.length + body.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(new Uint8Array(body), 8 + text.length);
  return bytes.buffer;
}

describe("a tensor file", () => {
  const entry = (dtype: string, shape: number[], end: number) => ({ a: { dtype, shape, data_offsets: [0, end] } });

  test("is read as float64, from numbers of 32 or of 16 bits", () => {
    const { tensors } = readTensors(file(entry("F32", [1, 2], 8), new Float32Array([1.5, -2]).buffer));
    expect(named(tensors, "a")).toEqual({ shape: [1, 2], data: new Float64Array([1.5, -2]) });
    expect(() => named(tensors, "b")).toThrow("no tensor b");
    const half = new Uint16Array([0x3c00, 0xc100, 0x0001]).buffer;
    expect([...named(readTensors(file(entry("F16", [3], 6), half)).tensors, "a").data]).toEqual([1, -2.5, 2 ** -24]);
  });
  test.each([
    ["another length", file(entry("F32", [3], 8), new ArrayBuffer(8))],
    ["infinity", file(entry("F32", [1], 4), new Float32Array([Number.POSITIVE_INFINITY]).buffer)],
    ["a negative side", file(entry("F32", [-1], 4), new ArrayBuffer(4))],
    ["nothing", new ArrayBuffer(0)],
    ["a head that is longer than the file", new Uint8Array([255, 0, 0, 0, 0, 0, 0, 0]).buffer],
  ])("of %s is refused, and is no MaskNet", (_, bytes) => {
    expect(() => readTensors(bytes)).toThrow();
    expect(() => readMaskNet(bytes)).toThrow(UserError);
  });
  test("of another kind of MaskNet is refused by its kind", () => {
    const card = JSON.stringify({ structure: "masknet-2", size: 112, source: "" });
    expect(() => readMaskNet(file({ __metadata__: { "masquerade.masknet": card } }))).toThrow("masknet-2, 112 pixels");
  });
});

describe("a provider's answer", () => {
  const account = { account: "a1", token: "t", publicKey: "00", requestKey: "r" };
  const code = { code: "7K3QH-0MX24-PABC6-YCGQC-M1VR8", requestKey: "r" };
  const answering = (body: unknown, init?: ResponseInit): void => {
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), init));
  };
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test("that is no provider's is told", async () => {
    for (const body of [null, {}, { public_key: 3 }]) {
      answering(body);
      await expect(join(code)).rejects.toThrow("not from a provider");
    }
    vi.stubGlobal("fetch", async () => new Response("<html>"));
    await expect(issued(account)).rejects.toThrow("not from a provider");
  });
  test("of another provider does not fit the code", async () => {
    answering({ public_key: "00".repeat(32) });
    await expect(join(code)).rejects.toThrow("does not fit this site");
  });
  test.each([
    [429, "Wait 2 min", { "Retry-After": "61" }],
    [401, "the account was deleted or closed", {}],
    [500, "The provider refused: out of order.", {}],
  ])("of status %i is told in words", async (status, words, headers) => {
    answering({ error: { code: "x", message: "out of order" } }, { status, headers });
    await expect(issued(account)).rejects.toThrow(words);
    await expect(leave(account)).rejects.toThrow(`still on this device`);
  });
  test("that does not come is told", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("network");
    });
    await expect(join(code)).rejects.toThrow("cannot be reached");
  });
});

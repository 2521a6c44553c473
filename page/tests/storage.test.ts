/** What the browser stores on the device, in an IndexedDB that needs no browser. */
import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { forget, load, store } from "../src/provider/storage";

beforeEach(() => forget());

test("nothing is stored at first", async () => {
  expect(await load("account")).toBeUndefined();
});

test("what was stored is loaded, and forgotten as a whole", async () => {
  await store("wish", { code: "a code", requestKey: "one" });
  await store("masknet", new Uint8Array([1, 2, 3]).buffer);
  await store("origin", "file");
  await store("origin", "provider");
  expect(await load("wish")).toEqual({ code: "a code", requestKey: "one" });
  expect(new Uint8Array((await load("masknet")) ?? new ArrayBuffer(0))).toEqual(new Uint8Array([1, 2, 3]));
  expect(await load("origin")).toBe("provider");
  await forget();
  for (const name of ["wish", "account", "masknet", "origin"] as const) expect(await load(name)).toBeUndefined();
});

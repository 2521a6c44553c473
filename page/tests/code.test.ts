/** Invitation codes, by the vectors that the command line is held to (tests/service/test_service_codes.py). */
import { expect, test } from "vitest";
import vectors from "../../tests/vectors/invitation_codes.json";
import { UserError } from "../src/errors";
import { pinOf, readCode } from "../src/provider/code";

interface Case {
  typed: string;
  secret?: string;
  pin?: string;
  slip?: string;
}

test.each(vectors.codes as Case[])("$typed", ({ typed, secret, pin, slip }) => {
  if (slip === undefined) return expect(readCode(typed)).toEqual({ secret, pin });
  const read = (): unknown => readCode(typed);
  expect(read).toThrow(UserError);
  expect(read).toThrow(slip.charAt(0).toUpperCase() + slip.slice(1));
});

test.each(vectors.pins)("the pin $pin", async ({ secret, public: key, pin }) => {
  expect(await pinOf(secret, key)).toBe(pin);
});

/** What a provider signed of a MaskNet: whose it is, and what its bytes are. See service/masknets/statement.py. */
import { UserError } from "../errors";

const CONTEXT = new TextEncoder().encode("masquerade/v1/statement\0");

export interface Signed {
  readonly statement: string;
  readonly signature: string;
}

/** Throws `UserError` unless the provider of this key (hexadecimal) signed these bytes for this account. */
export async function requireSigned(signed: Signed, bytes: ArrayBuffer, key: string, account: string): Promise<void> {
  if (!(await genuine(signed, key))) throw foreign("the provider did not sign it");
  const said = JSON.parse(signed.statement) as { account: string; sha256: string };
  if (said.account !== account) throw foreign("it was issued to another account");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (said.sha256 !== found) throw foreign("its bytes are not those that the provider signed");
}

async function genuine({ statement, signature }: Signed, key: string): Promise<boolean> {
  try {
    const own = await crypto.subtle.importKey("raw", hexadecimal(key), { name: "Ed25519" }, false, ["verify"]);
    const text = new TextEncoder().encode(statement);
    const whole = new Uint8Array(CONTEXT.length + text.length);
    whole.set(CONTEXT);
    whole.set(text, CONTEXT.length);
    const mark = Uint8Array.from(atob(signature), (letter) => letter.charCodeAt(0));
    return await crypto.subtle.verify({ name: "Ed25519" }, own, mark, whole);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") {
      throw new UserError("This browser cannot check signatures (Ed25519). Use a newer one.");
    }
    return false;
  }
}

export function hexadecimal(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function foreign(why: string): UserError {
  return new UserError(`This MaskNet was not accepted: ${why}. Do not use it; tell the provider.`);
}

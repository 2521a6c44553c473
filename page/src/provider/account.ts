/** Joining a provider, getting one's MaskNet from it, and leaving. See service/person/client.py. */
import { UserError, userMessage } from "../errors";
import { pinOf, readCode } from "./code";
import { requireSigned } from "./statement";

/** Milliseconds. */
const PATIENCE = 60_000;

/** Kept from the moment of joining: a code is good once, so that a lost answer must not lose the MaskNet. */
export interface Account {
  readonly account: string;
  readonly token: string;
  readonly publicKey: string;
  /** Names the request for a MaskNet; repeated, it gets the same answer. */
  readonly requestKey: string;
}

/** A code, and the name of the request for an account; repeated, it gets the same account. */
export interface Wish {
  readonly code: string;
  readonly requestKey: string;
}

export async function join({ code, requestKey }: Wish): Promise<Account> {
  if (!globalThis.crypto?.subtle) throw new UserError("This address is not private. Open the page with https://.");
  const { secret, pin } = readCode(code);
  const named = text(await fetchJson("GET", "v1/provider", {}), "public_key");
  if (pin !== (await pinOf(secret, named))) throw another();
  const headers = { "Content-Type": "application/json", "Idempotency-Key": requestKey };
  const joined = await fetchJson("POST", "v1/join", headers, JSON.stringify({ code: secret }));
  if (text(joined, "public_key") !== named) throw another();
  const [account, token] = [text(joined, "account"), text(joined, "token")];
  return { account, token, publicKey: named, requestKey: crypto.randomUUID() };
}

type Fields = Readonly<Record<string, unknown>>;

async function fetchJson(method: string, path: string, headers: HeadersInit, body?: string): Promise<Fields> {
  const answer = await ask(method, path, headers, body);
  const fields = (await answer.json().catch(() => undefined)) as Fields | null | undefined;
  if (!fields) throw noProvider();
  return fields;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw noProvider();
  return value;
}

function noProvider(): UserError {
  return new UserError("The reply is not from a provider of MaskNets. Check the address that you were sent.");
}

function another(): UserError {
  return new UserError(
    "This code does not fit this site. Check that you copied all of it, and that this is the address you were sent.",
  );
}

/** The bytes of the account's MaskNet, checked. */
export async function issued({ account, token, publicKey, requestKey }: Account): Promise<ArrayBuffer> {
  const own = { Authorization: `Bearer ${token}` };
  const answer = await fetchJson("POST", "v1/masknet", { ...own, "Idempotency-Key": requestKey });
  const signed = { statement: text(answer, "statement"), signature: text(answer, "signature") };
  const bytes = await (await ask("GET", "v1/masknet", own)).arrayBuffer();
  await requireSigned(signed, bytes, publicKey, account);
  return bytes;
}

/** Have the provider delete the account and the secret of its MaskNet; `UserError` says so where it did not answer. */
export async function leave({ token }: Account): Promise<void> {
  await ask("DELETE", "v1/account", { Authorization: `Bearer ${token}` }).catch((error: unknown) => {
    throw new UserError(`${userMessage(error)} Your MaskNet is still on this device.`);
  });
}

async function ask(method: string, path: string, headers: HeadersInit, body?: string): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(path, { method, headers, body: body ?? null, signal }).catch(() => undefined);
  if (!answer) throw new UserError("The provider cannot be reached. Check your connection and try again.");
  if (!answer.ok) throw await refused(answer);
  return answer;
}

async function refused(answer: Response): Promise<UserError> {
  if (answer.status === 429) {
    const minutes = Math.ceil(Number(answer.headers.get("Retry-After") ?? 60) / 60);
    return new UserError(`Too many attempts. Wait ${minutes} min, then try again.`);
  }
  if (answer.status === 401) {
    return new UserError(
      "The provider no longer accepts your access: the account was deleted or closed, or is more than a year old.",
    );
  }
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { code: string; message: string } };
  if (error?.code === "invitation") {
    return new UserError("This code is not known, was used, or has expired. Ask the provider for a new one.");
  }
  return new UserError(`The provider refused: ${String(error?.message ?? answer.status).slice(0, 200)}.`);
}

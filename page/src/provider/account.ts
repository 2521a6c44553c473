/** Joining a provider, getting one's MaskNet from it, and leaving. See service/person/client.py. */
import { Told, words } from "../told";
import { pinOf, readCode } from "./code";
import { requireSigned, type Signed } from "./statement";

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
  if (!globalThis.crypto?.subtle) throw new Told("This address is not private. Open the page with https://.");
  const { secret, pin } = readCode(code);
  const { public_key: named } = await told("GET", "v1/provider", {});
  if (pin !== (await pinOf(secret, named))) throw another();
  const headers = { "Content-Type": "application/json", "Idempotency-Key": requestKey };
  const { account, token, public_key } = await told("POST", "v1/join", headers, JSON.stringify({ code: secret }));
  if (public_key !== named) throw another();
  return { account, token, publicKey: public_key, requestKey: crypto.randomUUID() };
}

async function told(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Record<string, string>> {
  return (await (await ask(method, path, headers, body)).json()) as Record<string, string>;
}

function another(): Told {
  return new Told("This code does not fit this site. Was it copied whole? Is this the address you were sent?");
}

/** The bytes of the account's MaskNet, checked. */
export async function issued({ account, token, publicKey, requestKey }: Account): Promise<ArrayBuffer> {
  const own = { Authorization: `Bearer ${token}` };
  const signed = (await (await ask("POST", "v1/masknet", { ...own, "Idempotency-Key": requestKey })).json()) as Signed;
  const bytes = await (await ask("GET", "v1/masknet", own)).arrayBuffer();
  await requireSigned(signed, bytes, publicKey, account);
  return bytes;
}

/** Have the provider delete the account and the secret of its MaskNet; `Told` says so where it did not answer. */
export async function leave({ token }: Account): Promise<void> {
  await ask("DELETE", "v1/account", { Authorization: `Bearer ${token}` }).catch((error: unknown) => {
    throw new Told(`${words(error)} Your MaskNet is still on this device.`);
  });
}

async function ask(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(path, { method, headers, body, signal }).catch(() => undefined);
  if (!answer) throw new Told("The provider cannot be reached. Check your connection and try again.");
  if (!answer.ok) throw await refused(answer);
  return answer;
}

async function refused(answer: Response): Promise<Told> {
  if (answer.status === 429) {
    const minutes = Math.ceil(Number(answer.headers.get("Retry-After") ?? 60) / 60);
    return new Told(`Too many tries. Wait ${minutes} min, then try again.`);
  }
  if (answer.status === 401) {
    return new Told("The provider takes your access no more: the account was deleted or closed, or is a year old.");
  }
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { code: string; message: string } };
  if (error?.code === "invitation") {
    return new Told("This code is not known, was used, or has expired. Ask the provider for a new one.");
  }
  return new Told(`The provider refused: ${String(error?.message ?? answer.status).slice(0, 200)}.`);
}

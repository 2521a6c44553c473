/** Joining a provider, and getting one's MaskNet from it. See service/joining.py. */
import { Told } from "../told";
import { requireSigned, type Signed } from "./statement";

/** Kept from the moment of joining: a code is good once, so that a lost answer must not lose the MaskNet. */
export interface Account {
  readonly account: string;
  readonly token: string;
  readonly publicKey: string;
  /** Names the request for a MaskNet; repeated, it gets the same answer. */
  readonly requestKey: string;
}

export async function join(code: string): Promise<Account> {
  if (!globalThis.crypto?.subtle) throw new Told("This address is not private. Open the page with https://.");
  const answer = await ask("POST", "v1/join", { "Content-Type": "application/json" }, JSON.stringify({ code }));
  const { account, token, public_key } = (await answer.json()) as Record<string, string>;
  return { account, token, publicKey: public_key, requestKey: crypto.randomUUID() };
}

/** The bytes of the account's MaskNet, checked. */
export async function issued({ account, token, publicKey, requestKey }: Account): Promise<ArrayBuffer> {
  const own = { Authorization: `Bearer ${token}` };
  const signed = (await (await ask("POST", "v1/masknet", { ...own, "Idempotency-Key": requestKey })).json()) as Signed;
  const bytes = await (await ask("GET", "v1/masknet", own)).arrayBuffer();
  await requireSigned(signed, bytes, publicKey, account);
  return bytes;
}

async function ask(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Response> {
  const answer = await fetch(path, { method, headers, body }).catch(() => undefined);
  if (!answer) throw new Told("The provider cannot be reached. Check your connection and try again.");
  if (!answer.ok) throw await refused(answer);
  return answer;
}

async function refused(answer: Response): Promise<Told> {
  if (answer.status === 429) {
    const minutes = Math.ceil(Number(answer.headers.get("Retry-After") ?? 60) / 60);
    return new Told(`Too many tries. Wait ${minutes} min, then try again.`);
  }
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { code: string; message: string } };
  if (error?.code === "invitation") {
    return new Told("This code is not known, was used, or has expired. Ask the provider for a new one.");
  }
  return new Told(`The provider refused: ${String(error?.message ?? answer.status).slice(0, 200)}.`);
}

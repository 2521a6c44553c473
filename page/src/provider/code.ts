/** How an invitation is spelled, and where a slip in it is. See service/accounts/invitation_code.py, which reads the same. */
import { itemAt } from "../checked";
import { UserError } from "../errors";
import { hexadecimal } from "./statement";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS = 5;
const GROUP = 5;
const SECRET = 12;
const PIN_BITS = 40;
const ROUNDS = 2 ** 16;
const PLACES = ["first", "second", "third", "fourth", "fifth"];
const LABEL = new TextEncoder().encode("masquerade/v1/pin\0");

/** The secret is told to the provider alone; the pin, of the provider's key, to nobody. */
export interface InvitationCode {
  readonly secret: string;
  readonly pin: string;
}

/** Throws `UserError`, with the group in which the slip is. */
export function readCode(text: string): InvitationCode {
  const typed = [...letters(text)];
  for (const [at, letter] of typed.entries()) {
    if (!ALPHABET.includes(letter)) {
      throw mistyped(`'${letter}' in the ${place(Math.floor(at / GROUP))} group is in no invitation's code`);
    }
  }
  const groups: string[] = typed.join("").match(/.{1,5}/g) ?? [];
  const first = groups.slice(0, GROUPS);
  const wrong = [...first.entries()]
    .filter(([at, group]) => check(at, group.slice(0, -1)) !== group.slice(-1))
    .map(([at]) => at);
  if (typed.length !== GROUPS * GROUP) {
    const [slip] = wrong;
    const look = slip === undefined ? "" : `; look at the ${place(slip)} group`;
    throw mistyped(`an invitation's code has ${GROUPS * GROUP} letters and digits, not ${typed.length}${look}`);
  }
  if (wrong.length) {
    const places = wrong.map((at) => `the ${place(at)} group`).join(" and ");
    throw mistyped(`a slip in ${places} of the invitation's code`);
  }
  const data = groups.map((group) => group.slice(0, -1)).join("");
  return { secret: data.slice(0, SECRET), pin: data.slice(SECRET) };
}

/** What an invitation says of a public key (hexadecimal). See service/accounts/key_pin.py. */
export async function pinOf(secret: string, key: string): Promise<string> {
  const own = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), "PBKDF2", false, ["deriveBits"]);
  const salt = new Uint8Array([...LABEL, ...hexadecimal(key)]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  const bits = Array.from(new Uint8Array(await crypto.subtle.deriveBits(how, own, PIN_BITS)), binary).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET.charAt(parseInt(five, 2))).join("");
}

const binary = (byte: number): string => byte.toString(2).padStart(8, "0");

/** Without blanks, dashes and what cannot be seen; of a link, what follows the #. */
function letters(text: string): string {
  const bare = text.replace(/^\s*https?:\/\/[^#]*#/, "").replace(/[\t\r\n\p{Z}\p{Pd}\p{Cf}]/gu, "");
  return bare.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
}

const place = (number: number): string => itemAt(PLACES, Math.min(number, GROUPS - 1));

/** The check of a group, over GF(32). */
function check(at: number, group: string): string {
  let mark = at + 1;
  for (const letter of group) mark = doubled(mark) ^ ALPHABET.indexOf(letter);
  return ALPHABET.charAt(doubled(mark));
}

const doubled = (number: number): number => (number & 16 ? (number << 1) ^ 0b100101 : number << 1);

function mistyped(problem: string): UserError {
  const first = problem.charAt(0).toUpperCase() + problem.slice(1);
  return new UserError(`${first}. Compare it with what you were sent.`);
}

/** Getting a MaskNet, keeping it on this device, and forgetting it. */
import { issued, join, leave, type Account, type Wish } from "../provider/account";
import { forget, load, store, type Origin } from "../provider/storage";
import { readMaskNet } from "../provider/masknet_file";
import { UserError, userMessage } from "../errors";
import { alarm, at, give, input, say } from "./elements";
import { askWhere, type Where } from "./leave";

const SECRET = "Whoever gets it can learn to undo your cloaks.";
const FROM: Record<Origin, string> = {
  provider: `Your MaskNet is on this device; it is the one that the provider signed for you. ${SECRET}`,
  file:
    "Your MaskNet is on this device. It came from a file, and files are not signed: this page cannot tell who made " +
    `it, nor who else has it. If it is not one of yours, forget it. ${SECRET}`,
};

/** The same wish for the same code: an answer that was lost on the way comes again. */
async function wished(code: string): Promise<Wish> {
  const before = await load("wish");
  const wish = before?.code === code ? before : { code, requestKey: crypto.randomUUID() };
  await store("wish", wish);
  return wish;
}

const tried = (work: Promise<void>): void => {
  work.catch((error: unknown) => alarm(userMessage(error)));
};

/** The code of an invitation's link: read, and gone from the address bar and this tab's history. */
function invited(): string {
  const code = location.hash.slice(1);
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** The part of the page about one's MaskNet; `use` gets its bytes, or nothing once it is forgotten. */
class MyMaskNet {
  private held: ArrayBuffer | undefined;

  constructor(private readonly use: (bytes?: ArrayBuffer) => void) {
    at<HTMLFormElement>("join").addEventListener("submit", (event) => {
      event.preventDefault();
      tried(this.join(input("code").value.trim()));
    });
    window.addEventListener("hashchange", () => this.invite(invited()));
    this.invite(invited());
    input("file").addEventListener("change", () => {
      const file = input("file").files?.[0];
      input("file").value = "";
      if (file) tried(file.arrayBuffer().then((bytes) => this.take(bytes, "file")));
    });
    at("save").addEventListener("click", () => this.held && give(new Blob([this.held]), "me.masknet"));
    at("forget").addEventListener("click", () => tried(this.ask()));
  }

  /** Go on with what is kept: a MaskNet, or an account that has not got its MaskNet yet. */
  async restore(): Promise<void> {
    const bytes = await load("masknet").catch(() => undefined);
    const account = await load("account").catch(() => undefined);
    const origin = await load("origin").catch(() => undefined);
    this.show(bytes, origin ?? (account ? "provider" : "file"));
    if (!bytes && account) tried(this.fetchFor(account));
  }

  private invite(code: string): void {
    if (!code) return;
    input("code").value = code;
    say("Your invitation’s code is filled in. Press Join.");
  }

  private show(bytes?: ArrayBuffer, origin: Origin = "provider"): void {
    this.held = bytes;
    at("without").hidden = !!bytes;
    at("with").hidden = !bytes;
    at("own-words").textContent = FROM[origin];
    this.use(bytes);
  }

  private async take(bytes: ArrayBuffer, origin: Origin): Promise<void> {
    readMaskNet(bytes);
    this.show(bytes, origin);
    say("Your MaskNet is ready. Choose photos.");
    input("photos").focus();
    await store("origin", origin);
    await store("masknet", bytes);
  }

  private async join(code: string): Promise<void> {
    say("Joining …");
    const account = await join(await wished(code));
    await store("account", account);
    input("code").value = "";
    await this.fetchFor(account);
  }

  private async fetchFor(account: Account): Promise<void> {
    say("Getting your MaskNet …");
    await this.take(await issued(account), "provider");
  }

  private async ask(): Promise<void> {
    const account = await load("account");
    const gone = async (where: Where): Promise<void> => {
      if (where === "there") {
        if (!account) throw new UserError("This browser has no account to delete at the provider.");
        await leave(account); // first: if this fails, nothing is lost here
      }
      await forget();
    };
    askWhere(!!account, gone, (where) => this.forgotten(where));
  }

  private forgotten(where: Where): void {
    this.show();
    input("code").value = "";
    const more = where === "there" ? ", and your account deleted at the provider" : "";
    say(`Your MaskNet was forgotten on this device${more}.`);
    at("own-title").focus();
  }
}

/** Connects the part of the page. */
export async function myMaskNet(use: (bytes?: ArrayBuffer) => void): Promise<void> {
  await new MyMaskNet(use).restore();
}

/** Getting a MaskNet, keeping it on this device, and forgetting it. */
import { issued, join, type Account, type Wish } from "../provider/account";
import { forget, keep, kept } from "../provider/kept";
import { readMaskNet } from "../provider/masknet_file";
import { words } from "../told";
import { alarm, at, give, input, say } from "./elements";

/** The same wish for the same code: an answer that was lost on the way comes again. */
async function wished(code: string): Promise<Wish> {
  const before = await kept("wish");
  const wish = before?.code === code ? before : { code, requestKey: crypto.randomUUID() };
  await keep("wish", wish);
  return wish;
}

/** Connects the part of the page; `use` gets the MaskNet's bytes, or nothing once it is forgotten. */
export async function ownMaskNet(use: (bytes?: ArrayBuffer) => void): Promise<void> {
  let held: ArrayBuffer | undefined;

  const show = (bytes?: ArrayBuffer): void => {
    held = bytes;
    at("without").hidden = !!bytes;
    at("with").hidden = !bytes;
    use(bytes);
  };
  const take = async (bytes: ArrayBuffer): Promise<void> => {
    readMaskNet(bytes);
    show(bytes);
    say("Your MaskNet is ready. Choose photos.");
    await keep("masknet", bytes);
  };
  const fetchFor = async (account: Account): Promise<void> => {
    say("Getting your MaskNet …");
    await take(await issued(account));
  };
  const tried = (work: Promise<void>): void => {
    work.catch((error: unknown) => alarm(words(error)));
  };

  at<HTMLFormElement>("join").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(
      (async () => {
        say("Joining …");
        const account = await join(await wished(input("code").value.trim()));
        await keep("account", account);
        await fetchFor(account);
      })(),
    );
  });
  input("file").addEventListener("change", () => {
    const file = input("file").files?.[0];
    if (file) tried(file.arrayBuffer().then(take));
  });
  at("save").addEventListener("click", () => held && give(new Blob([held]), "me.masknet"));
  at("forget").addEventListener("click", () => {
    if (!confirm("Forget your MaskNet on this device? Without a saved file you cannot have it again.")) return;
    tried(forget().then(() => show()).then(() => say("Your MaskNet was forgotten on this device.")));
  });

  const bytes = await kept("masknet").catch(() => undefined);
  if (bytes) return show(bytes);
  show();
  const account = await kept("account").catch(() => undefined);
  if (account) tried(fetchFor(account));
}

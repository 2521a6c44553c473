/** The dialog that asks where a MaskNet is to be forgotten, and says what each choice does. */
import { userMessage } from "../errors";
import { at, input } from "./elements";

/** On this device only, or at the provider too. */
export type Where = "here" | "there";

/** Ask; `act` does what was chosen, and `done` follows. Where it fails the dialog stays open, with the reason. */
export function askWhere(
  hasAccount: boolean,
  act: (where: Where) => Promise<void>,
  done: (where: Where) => void,
): void {
  const dialog = at<HTMLDialogElement>("leave");
  at("leave-where").hidden = at("leave-words").hidden = !hasAccount;
  at("leave-file").hidden = hasAccount;
  at("leave-alarm").textContent = "";
  input("here").checked = true;
  let busy = false;
  const show = (now: boolean): void => {
    busy = now;
    at("leave-now").setAttribute("aria-disabled", String(busy));
    at("leave-not").setAttribute("aria-disabled", String(busy));
    at("leave-now").textContent = busy ? "Forgetting …" : "Forget it";
  };
  const close = (event: Event): void => {
    event.preventDefault();
    if (!busy) dialog.close();
  };
  const forget = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    at("leave-alarm").textContent = "";
    show(true);
    const where = hasAccount && input("there").checked ? "there" : "here";
    try {
      await act(where);
    } catch (error) {
      at("leave-alarm").textContent = userMessage(error);
      return show(false);
    }
    dialog.close(); // before anything is said: what lies under it is not read aloud
    done(where);
  };
  show(false);
  dialog.oncancel = at("leave-not").onclick = close;
  at<HTMLFormElement>("leave-form").onsubmit = forget;
  dialog.showModal();
}

/** What came of each photo: cloaked ones to look at and download, the others with the reason. */
import type { Cloaked } from "../messages";
import type { Entry } from "../photos";
import { at, give, made } from "./elements";

const rows = new Map<number, HTMLLIElement>();

/** Put a photo where it now belongs. */
export function listed(entry: Entry, look: (entry: Entry) => void): void {
  rows.get(entry.id)?.remove();
  const row = entry.cloaked ? done(entry, entry.cloaked, look) : failed(entry);
  rows.set(entry.id, row);
  at(entry.cloaked ? "done" : "failed").append(row);
  for (const list of ["done", "failed"]) at(`${list}-part`).hidden = !at(list).children.length;
}

/** Show which photo is being looked at. */
export function marked(id: number): void {
  for (const row of rows.values()) row.removeAttribute("aria-current");
  rows.get(id)?.setAttribute("aria-current", "true");
}

function done(entry: Entry, cloaked: Cloaked, look: (entry: Entry) => void): HTMLLIElement {
  const { name } = entry.file;
  const compare = button("Compare", `Compare ${name}`, () => look(entry));
  const download = button("Download", `Download ${name}`, () => give(cloaked.blob, entry.name));
  const words = made("span", `${name} – similarity ${cloaked.ssim.toFixed(3)}`);
  return made("li", "", words, compare, download);
}

function failed({ file, words }: Entry): HTMLLIElement {
  return made("li", "", made("strong", file.name), made("span", words ?? ""));
}

function button(text: string, label: string, act: () => void): HTMLButtonElement {
  const found = made("button", text);
  found.type = "button";
  found.setAttribute("aria-label", label);
  found.addEventListener("click", act);
  return found;
}

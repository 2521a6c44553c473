/** Parts of the page by their names. */

export const at = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

export const input = (id: string): HTMLInputElement => at<HTMLInputElement>(id);

/** An element with text and children. */
export function made<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = "",
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.textContent = text;
  element.append(...children);
  return element;
}

/** Say what happened: read aloud when there is time, or at once. */
export function say(words: string): void {
  at("alarm").textContent = "";
  at("status").textContent = words;
}

export function alarm(words: string): void {
  at("status").textContent = "";
  at("alarm").textContent = words;
}

/** Hand a file to the person. */
export function give(blob: Blob, name: string): void {
  const link = made("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** One photo before and after, with a slider between them. */
import type { Entry } from "../photos";
import { at, input } from "./elements";

const SPARE = 1.2;

export class Viewer {
  entry: Entry | undefined;

  constructor() {
    const pictures = at("pictures");
    input("cut").addEventListener("input", () => pictures.style.setProperty("--cut", `${input("cut").value}%`));
    input("closer").addEventListener("change", () => this.zoom());
    at<HTMLImageElement>("before").addEventListener("load", ({ target }) => {
      const { naturalWidth, naturalHeight } = target as HTMLImageElement;
      at("viewer").style.setProperty("--aspect", String(naturalWidth / naturalHeight));
    });
    pictures.addEventListener("pointermove", (event) => {
      if (!(event.buttons & 1)) return;
      const { left, width } = pictures.getBoundingClientRect();
      input("cut").value = String((100 * (event.clientX - left)) / width);
      input("cut").dispatchEvent(new Event("input"));
    });
  }

  show(entry: Entry): void {
    this.entry = entry;
    const [before, after] = [at<HTMLImageElement>("before"), at<HTMLImageElement>("after")];
    before.src = entry.before;
    before.alt = `${entry.file.name}, before`;
    after.src = entry.after;
    after.alt = `${entry.file.name}, cloaked`;
    if (entry.cloaked) this.similar(entry.cloaked.ssim);
    this.zoom();
  }

  /** What is known of the photo at the strength that is chosen now. */
  similar(ssim: number): void {
    if (!this.entry) return;
    const { file, cloaked } = this.entry;
    const likeness = `similarity ${ssim.toFixed(3)}`;
    at("likeness").textContent = `Now: ${likeness} (${file.name}).`;
    if (!cloaked) return;
    const faces = cloaked.faces === 1 ? "1 face" : `${cloaked.faces} faces`;
    at("caption").textContent = `${file.name}: ${faces}, ${likeness} (1 is unchanged)`;
  }

  private zoom(): void {
    const spot = this.entry?.cloaked?.spot;
    if (!spot) return; // no photo is shown, or its last cloak was given up
    const [left, top, width, height] = spot;
    const pictures = at("pictures");
    const factor = input("closer").checked ? Math.max(1, 1 / (SPARE * Math.max(width, height))) : 1;
    const along = (start: number, long: number): number =>
      Math.min(0, Math.max(1 - factor, 0.5 - factor * (start + long / 2)));
    pictures.style.setProperty("--zoom", String(factor));
    pictures.style.setProperty("--x", `${100 * along(left, width)}%`);
    pictures.style.setProperty("--y", `${100 * along(top, height)}%`);
  }
}

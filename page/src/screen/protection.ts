/** What the cloak does and does not do, in plain words, with the numbers of our studies. */
import measured from "../measured.json";
import { at, made } from "./elements";

type Row = { clean: number; cloaked: number; noise: number };

const whole = (share: number): string => String(Math.round(100 * share));
const of100 = (share: number): string => `${whole(share)} of 100`;

export function protection(): void {
  const { sface, trained, dlib, people, photos, noticed, undone } = measured;
  at("brief").textContent =
    `This cloak does little: of people who had cloaked what they published, software that compares faces (SFace) ` +
    `still recognised ${of100(sface.cloaked)} other photos. Do not rely on it to stay unrecognised.`;
  at("about").append(
    made(
      "p",
      `What we measured: ${people} people cloak the photos that they publish. A tracker collects these, then ` +
        `sees ${photos} other photos of the same people. How many does it recognise?`,
    ),
    table([
      ["SFace, a public recogniser", sface],
      ["dlib, a public recogniser", dlib],
      ["A small tracker trained on the published photos", trained],
    ]),
    made("p", "The differences in the last row are within chance, and noise of the same size does as much."),
    made("h3", "It does not protect against"),
    list([
      "public or commercial software that compares faces,",
      "people who know you,",
      "anyone who already has clean photos of you,",
      `being noticed: whether a photo is cloaked could be told ${noticed >= 0.995 ? "every time" : of100(noticed)},`,
      "being weakened: a network trained with somebody else’s MaskNet took " +
        `${Math.round(100 * undone)} % of a cloak’s energy away again.`,
    ]),
    made("h3", "What it does"),
    list([
      "It changes each face that it finds, by up to 15 of 255 grey levels at strength 1.",
      "It removes place, time and camera from the file.",
      "It does all of this on your device.",
    ]),
  );
}

function table(rows: [string, Row][]): HTMLElement {
  const body = rows.map(([name, { clean, cloaked, noise }]) => {
    const head = made("th", name);
    head.scope = "row";
    return made("tr", "", head, ...[clean, cloaked, noise].map((share) => made("td", whole(share))));
  });
  const heads = ["Tracker", "No cloak", "This cloak", "Noise"].map((text) => {
    const head = made("th", text);
    head.scope = "col";
    return head;
  });
  const found = made("table", "", made("thead", "", made("tr", "", ...heads)), made("tbody", "", ...body));
  found.prepend(made("caption", "Recognised of 100 photos, by what was published"));
  const around = made("div", "", found);
  around.className = "wide";
  around.tabIndex = 0;
  around.setAttribute("role", "region");
  around.setAttribute("aria-label", "Recognised of 100 photos");
  return around;
}

function list(lines: string[]): HTMLElement {
  return made("ul", "", ...lines.map((line) => made("li", line)));
}

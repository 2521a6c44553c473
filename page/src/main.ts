/** The page: take a MaskNet, take photos, show before and after, give the cloaked ones. */
import { zipped } from "./archive";
import { offline } from "./offline/offline";
import { Photos, type Entry } from "./photos";
import { alarm, at, give, input, say } from "./screen/elements";
import { listed, marked } from "./screen/lists";
import { myMaskNet } from "./screen/my_masknet";
import { protection } from "./screen/protection";
import { Viewer } from "./screen/viewer";

const viewer = new Viewer();
const strength = (): number => Number(input("strength").value);
const FIRST = "Join first, or choose your MaskNet’s file.";
let usable = false;

const photos = new Photos(
  {
    ready: () => undefined,
    broken: alarm,
    changed(entry) {
      listed(entry, look);
      if (entry.cloaked && (!viewer.entry?.cloaked || viewer.entry.id === entry.id)) show(entry);
    },
    looked(entry, ssim) {
      if (viewer.entry?.id === entry.id) viewer.similar(ssim);
    },
    moved(done, all) {
      const finished = done >= all;
      at("progress").hidden = finished;
      at<HTMLProgressElement>("bar").max = all;
      at<HTMLProgressElement>("bar").value = done;
      if (finished) leaveFailed();
      if (all) say(finished ? `All done: ${photos.summary()}.` : `Photo ${done + 1} of ${all}.`);
    },
  },
  1,
);

/** Where the photo that is shown could not be made again, show another. */
function leaveFailed(): void {
  const [other] = photos.done();
  if (viewer.entry && !viewer.entry.cloaked && other) show(other);
}

function show(entry: Entry): void {
  viewer.show(entry);
  marked(entry.id);
}

function look(entry: Entry): void {
  show(entry);
  at("viewer").scrollIntoView({ block: "nearest" });
  input("cut").focus();
}

function take(files: FileList | null | undefined): void {
  if (!files?.length) return;
  if (usable) photos.add(files);
  else alarm(FIRST);
}

const drop = at("drop");
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
  });
}
document.addEventListener("drop", (event) => take(event.dataTransfer?.files));
input("photos").addEventListener("change", () => {
  take(input("photos").files);
  input("photos").value = "";
});
input("strength").addEventListener("input", () => {
  at("strength-value").textContent = strength().toFixed(1);
  if (usable && viewer.entry) photos.look(viewer.entry.id, strength());
});
input("strength").addEventListener("change", () => usable && photos.again(strength()));
at("cancel").addEventListener("click", () => photos.cancel());
at("all").addEventListener("click", async () => {
  const files = photos.done().map(({ name, cloaked }) => ({ name, blob: cloaked.blob }));
  give(await zipped(files), "cloaked.zip");
});

protection();
void myMaskNet((bytes) => {
  usable = !!bytes;
  input("photos").disabled = !usable;
  at("drop-words").textContent = usable ? "or drop them on this page." : FIRST;
  photos.own(bytes);
});
void offline((works) => {
  at("offline").textContent = works ? "This page now works without a network, too." : "";
});

/** Names of cloaked photos, which every system can keep beside one another. */

/** What Windows takes in no name, and what changes the direction of text. */
const REFUSED = /[<>:"/\\|?*\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const ENDINGS: Readonly<Record<string, RegExp>> = { jpeg: /\.(jpe?g|jfif)$/i, png: /\.png$/i, webp: /\.webp$/i };

/** The name of a cloaked photo: its ending is that of the kind it is written as. */
export function cloakedName(name: string, type: string): string {
  const ending = type.slice(type.indexOf("/") + 1);
  const plain = name.replace(REFUSED, "_").replace(/[. ]+$/, "");
  const same = ENDINGS[ending]?.test(plain);
  return same ? `cloaked-${plain}` : `cloaked-${plain}.${ending === "jpeg" ? "jpg" : ending}`;
}

/** Names that were given; disks of Windows and macOS take those that differ in case or accents' spelling for one. */
export class Names {
  private readonly given = new Set<string>();

  /** The name, or one with a number where it was given before. */
  unique(name: string): string {
    const dot = name.lastIndexOf(".");
    let found = name;
    for (let count = 2; this.given.has(folded(found)); count++) {
      found = `${name.slice(0, dot)}-${count}${name.slice(dot)}`;
    }
    this.given.add(folded(found));
    return found;
  }
}

function folded(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase();
}

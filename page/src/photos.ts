/** The photos that were dropped, and the queue in which the worker cloaks them, one after the other. */
import { CANCELLED, type Answer, type Ask, type Cloaked } from "./messages";
import { cloakedName, Names } from "./photo/names";

export interface Entry {
  readonly id: number;
  readonly file: File;
  /** What came of it, once there is something. */
  cloaked: Cloaked | undefined;
  words: string | undefined;
  /** Addresses of the photo and the cloaked one in this page. */
  before: string;
  after: string;
  name: string;
}

export type CloakedEntry = Entry & { readonly cloaked: Cloaked };

export interface Watcher {
  changed(entry: Entry): void;
  moved(done: number, all: number): void;
  looked(entry: Entry, ssim: number): void;
  ready(): void;
  broken(words: string): void;
}

export class Photos {
  private readonly entries = new Map<number, Entry>();
  private readonly names = new Names();
  private waiting: number[] = [];
  private working: number | undefined;
  private all = 0;
  /** Whether a photo is being cloaked, and not only looked at. */
  private busy = false;
  private wish: { id: number; strength: number } | undefined;
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

  constructor(
    private readonly watcher: Watcher,
    public strength: number,
  ) {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.answered(data);
  }

  /** The MaskNet to cloak with; none stops the work. */
  own(bytes?: ArrayBuffer): void {
    if (!bytes) this.cancel();
    this.ask({ kind: "own", bytes });
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      const entry: Entry = {
        id: this.entries.size,
        file,
        cloaked: undefined,
        words: undefined,
        before: URL.createObjectURL(file),
        after: "",
        name: "",
      };
      this.entries.set(entry.id, entry);
      this.wait(entry.id);
    }
    this.next();
  }

  /** Make all that were cloaked, or would have looked too bad, once more. */
  again(strength: number): void {
    this.strength = strength;
    for (const { id, words } of this.entries.values()) {
      if ((words === undefined || words.includes("strength")) && !this.waiting.includes(id)) this.wait(id);
    }
    this.next();
  }

  /** How similar a photo would stay at another strength; asked for often, the last wish counts. */
  look(id: number, strength: number): void {
    this.wish = { id, strength };
    this.next();
  }

  cancel(): void {
    const left = this.waiting;
    this.waiting = [];
    this.ask({ kind: "stop" });
    for (const id of left) this.failed(this.entry(id), CANCELLED);
    this.all -= left.length;
  }

  done(): CloakedEntry[] {
    return [...this.entries.values()].filter((entry): entry is CloakedEntry => entry.cloaked !== undefined);
  }

  /** In words, how many were cloaked, and how many not. */
  summary(): string {
    const good = this.done().length;
    const bad = this.entries.size - good;
    return bad ? `${good} cloaked, ${bad} not` : `${good} cloaked`;
  }

  private entry(id: number): Entry {
    const found = this.entries.get(id);
    if (!found) throw new Error(`no photo ${id}`);
    return found;
  }

  private wait(id: number): void {
    if (this.working === undefined && !this.waiting.length) this.all = 0;
    this.waiting.push(id);
    this.all += 1;
  }

  private next(): void {
    if (this.working !== undefined) return;
    const wish = this.wish;
    this.wish = undefined;
    const id = wish?.id ?? this.waiting.shift();
    this.busy = id !== undefined && !wish;
    this.watcher.moved(this.all - this.waiting.length - Number(this.busy), this.all);
    if (id === undefined) return;
    this.working = id;
    const { file } = this.entry(id);
    this.ask({ kind: wish ? "look" : "cloak", id, file, strength: wish?.strength ?? this.strength });
  }

  private ask(message: Ask): void {
    this.worker.postMessage(message);
  }

  private answered(answer: Answer): void {
    if (answer.kind === "ready") return this.watcher.ready();
    if (answer.kind === "broken") return this.watcher.broken(answer.words);
    const entry = this.entry(answer.id);
    this.working = undefined;
    if (answer.kind === "looked") this.watcher.looked(entry, answer.ssim);
    else if (answer.kind === "failed") this.failed(entry, answer.words);
    else this.came(entry, answer);
    this.next();
  }

  private failed(entry: Entry, words: string): void {
    if (words === CANCELLED && entry.cloaked) return;
    entry.words = words;
    entry.cloaked = undefined;
    this.watcher.changed(entry);
  }

  private came(entry: Entry, cloaked: Cloaked): void {
    if (entry.after) URL.revokeObjectURL(entry.after);
    entry.name ||= this.names.unique(cloakedName(entry.file.name, cloaked.blob.type));
    entry.cloaked = cloaked;
    entry.words = undefined;
    entry.after = URL.createObjectURL(cloaked.blob);
    this.watcher.changed(entry);
  }
}

/** All cloaked photos as one file; they are packed already, so that it only holds them. */
import { Zip, ZipPassThrough } from "fflate";

export async function zipped(files: readonly { name: string; blob: Blob }[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  const archive = new Zip((error, data) => {
    if (error) throw error;
    parts.push(data as Uint8Array<ArrayBuffer>);
  });
  for (const { name, blob } of files) {
    const entry = new ZipPassThrough(name);
    archive.add(entry);
    entry.push(new Uint8Array(await blob.arrayBuffer()), true);
  }
  archive.end();
  return new Blob(parts, { type: "application/zip" });
}

/** A user's MaskNet out of a safetensors file; it stays on the device. */
export type MaskNet = Record<"numbers" | "conv1" | "conv2" | "fc", { data: Float32Array; dims: number[] }>;

const NAMES = ["numbers", "conv1", "conv2", "fc"] as const;

/** Throws an Error with words for a person if the bytes are no MaskNet that the page can use. */
export function readMaskNet(bytes: ArrayBuffer): MaskNet {
  try {
    const length = Number(new DataView(bytes).getBigUint64(0, true));
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
    const found = NAMES.map((name) => {
      const [start, end] = head[name].data_offsets as [number, number];
      const data = new Float32Array(bytes.slice(8 + length + start, 8 + length + end));
      if (head[name].dtype !== "F32" || !data.every(Number.isFinite)) throw new Error(name);
      return [name, { data, dims: head[name].shape as number[] }];
    });
    return Object.fromEntries(found) as MaskNet;
  } catch {
    throw new Error("This is not a MaskNet, or it is damaged. Ask for it again.");
  }
}

/** A user's MaskNet out of its file; it stays on the device. */
import { readTensors, type Tensor } from "../tensor_file";
import { UserError } from "../errors";

const SIZE = 112;
const SHAPES: Record<string, readonly number[]> = {
  numbers: [256],
  conv1: [16, 3, 3, 3],
  conv2: [32, 16, 3, 3],
  fc: [256, 1568],
};

interface Card {
  structure: string;
  size: number;
  source: string;
}

/** Its tensors. Throws `UserError` if the bytes are no MaskNet, or one that the page cannot use. */
export function readMaskNet(bytes: ArrayBuffer): Map<string, Tensor> {
  const { tensors, card } = opened(bytes);
  if (card.structure !== "masknet-1" || card.size !== SIZE) {
    throw new UserError(
      `This MaskNet is of another kind (${card.structure}, ${card.size} pixels). ` +
        `This page cloaks with masknet-1 at ${SIZE} pixels; use the command line for yours.`,
    );
  }
  for (const [name, shape] of Object.entries(SHAPES)) {
    if (String(tensors.get(name)?.shape) !== String(shape)) throw damaged();
  }
  return tensors;
}

function opened(bytes: ArrayBuffer): { tensors: Map<string, Tensor>; card: Card } {
  try {
    const { tensors, words } = readTensors(bytes);
    const { structure, size, source } = JSON.parse(words["masquerade.masknet"] ?? "") as Card;
    return { tensors, card: { structure: String(structure).slice(0, 40), size: Number(size), source } };
  } catch {
    throw damaged();
  }
}

function damaged(): UserError {
  return new UserError("This is not a MaskNet, or it is damaged. Ask for it again.");
}

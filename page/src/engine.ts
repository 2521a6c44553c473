/** The detector and the generator, loaded once; nothing is fetched after that. */
import * as ort from "onnxruntime-web/wasm";
import { generator, perturbation } from "./cloak/generator";
import type { Look } from "./cloak/detector";
import type { MaskNet } from "./cloak/masknet";
import { BOUND, type Perturb } from "./cloak/photo_cloak";
import { readTensors } from "./tensor_file";
import { UserError } from "./errors";

const MOST_THREADS = 4;

export interface Engine {
  readonly look: Look;
  readonly perturb: (own: MaskNet) => Perturb;
}

async function fetched(name: string): Promise<Response> {
  const answer = await fetch(new URL(name, self.location.href)).catch(() => undefined);
  if (!answer?.ok) throw incomplete();
  return answer;
}

function incomplete(): UserError {
  return new UserError("The page did not load completely. Check your connection and load it again.");
}

export async function engine(): Promise<Engine> {
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  ort.env.wasm.wasmPaths = { mjs: new URL("./ort.mjs", self.location.href).href };
  const { body } = await fetched("./ort.bin");
  if (!body) throw incomplete();
  ort.env.wasm.wasmBinary = await new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const graph = await (await fetched("../networks/detector.onnx")).arrayBuffer();
  const detector = await ort.InferenceSession.create(new Uint8Array(graph), { logSeverityLevel: 3 });
  const weights = await (await fetched("../networks/generator.safetensors")).arrayBuffer();
  const rounds = generator(readTensors(weights).tensors);
  return {
    look: (input, height, width) => detector.run({ input: new ort.Tensor("float32", input, [1, 3, height, width]) }),
    perturb: (own) => (face) => {
      const maps = { data: Float64Array.from(face.data), side: face.height, channels: 3 };
      return Float32Array.from(perturbation(rounds, own, maps, BOUND).data);
    },
  };
}

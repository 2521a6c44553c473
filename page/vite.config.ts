import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const ORT = "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded";
const SOURCES = ["index.html", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.ts"];

/** onnxruntime beside the page's worker; its 14 MB travel as 3.7. */
const runtime: Plugin = {
  name: "runtime",
  generateBundle() {
    const packed = gzipSync(readFileSync(`${ORT}.wasm`), { level: 9 });
    this.emitFile({ type: "asset", fileName: "assets/ort.mjs", source: readFileSync(`${ORT}.mjs`) });
    this.emitFile({ type: "asset", fileName: "assets/ort.bin", source: packed });
  },
};

function files(place: string): string[] {
  try {
    return readdirSync(place)
      .sort()
      .flatMap((name) => files(join(place, name)));
  } catch {
    return [place];
  }
}

/** SHA-256 over names and contents; a test compares what the built page says with what the sources are. */
function digest(): string {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(files).sort()) {
    hash.update(`${file}\0${createHash("sha256").update(readFileSync(file)).digest("hex")}\n`);
  }
  return hash.digest("hex");
}

/** The service worker is told what there is to keep, and the built page says what it was built from. */
const kept: Plugin = {
  name: "kept",
  enforce: "post",
  generateBundle(_, bundle) {
    const networks = readdirSync("public/networks").map((name) => `./networks/${name}`);
    const built = Object.keys(bundle).filter((name) => name !== "sw.js" && name !== "index.html");
    const all = ["./", ...networks, ...built.map((name) => `./${name}`)].sort();
    const worker = bundle["sw.js"];
    if (worker?.type === "chunk") {
      worker.code = worker.code
        .replace(/["'`]__FILES__["'`]/, JSON.stringify(all))
        .replace("__DIGEST__", digest().slice(0, 16));
    }
    this.emitFile({ type: "asset", fileName: "sources.json", source: `${JSON.stringify({ sha256: digest() })}\n` });
  },
};

export default defineConfig({
  base: "./",
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "production"] },
  worker: { format: "es" },
  plugins: [runtime, kept],
  build: {
    outDir: "../src/masquerade/service/page",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    rollupOptions: {
      input: { index: "index.html", sw: "src/offline/service_worker.ts" },
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
});

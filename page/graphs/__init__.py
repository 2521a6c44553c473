"""What the page is built from beside its own sources: the detector as ONNX, the generator's weights, our numbers."""

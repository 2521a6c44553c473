"""Recognisers of others, out of the files in which they are passed on: dlib's, TensorFlow.js graphs, ONNX."""

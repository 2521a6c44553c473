"""Pre-training of public encoders and recognisers."""

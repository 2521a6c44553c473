"""XNN and XNN-d: feature maps under secret matrices, networks or adversarial noise."""

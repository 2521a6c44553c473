"""What `import masquerade` gives."""

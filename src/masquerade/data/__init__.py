"""Photos in: files, person folders, published data sets, the built-in faces, and splits of them."""

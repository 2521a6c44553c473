"""Recognition that releases nothing: a public network and a closed form, on the owner's machine alone."""

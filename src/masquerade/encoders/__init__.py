"""Public feature extractors: photos in, feature maps out; they protect nothing by themselves."""

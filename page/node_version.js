// Whether this Node can build and check the page; older ones cannot read its tools, so that this file asks for nothing.
const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);

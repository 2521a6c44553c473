"""Recognition learnt in closed form from a public network's features: seconds of one core, and nothing that leaves."""

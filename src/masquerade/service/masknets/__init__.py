"""How MaskNets are drawn, compared and issued."""

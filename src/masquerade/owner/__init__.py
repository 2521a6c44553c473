"""What the owner does, key in hand: disguise photos, and recognise people with a trained model."""

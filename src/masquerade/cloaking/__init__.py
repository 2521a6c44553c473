"""What a person does who posts photos: cloak them with their MaskNet."""

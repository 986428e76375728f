"""What the last sentence of a text without a marker states: its tokens, its phrases, the value of its last formula."""

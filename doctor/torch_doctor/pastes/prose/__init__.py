"""Words that people write around what they paste: hints that count where nothing better is known."""

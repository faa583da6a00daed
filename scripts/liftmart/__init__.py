"""liftmart: from a shop's raw events to the numbers that say whether its personalization works."""

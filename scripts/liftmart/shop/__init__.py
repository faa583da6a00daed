"""A simulated shop.

People visit on days, walk from page to page, are shown recommendations, click on some of them,
search, buy, send things back. What is recommended changes what they do, so that the numbers have
something to tell: a personalized recommender is clicked and bought from more than a generic one,
and a generic one more than none (`behaviour.EFFECTS` says by how much).

Nothing is drawn row by row: the visits of a day, or of a part of a large day, step through their
pages together as numpy arrays. Time grows with the events, memory with one part of a day.
"""

"""How much there is: tokens, messages that an edit costs, places to cut at, ways to make a session fit."""

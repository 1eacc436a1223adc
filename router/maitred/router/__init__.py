"""Router: who should have a conversation, when, and why.

Pure: events and `now` in, effects out. The same events at the same times give the same effects.
"""

"""The normalizer: raw bytes of any channel in, one `Message` out; pure.

One module a channel holds its decoder; the others hold one subject each (text, HTML, MIME,
addresses, language, entities), for all channels.
"""

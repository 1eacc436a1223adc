"""Email: one mail of any quality in, one message out (RFC 5322, MIME)."""

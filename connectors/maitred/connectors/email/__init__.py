"""Email: mails in by SMTP, replies out through a smarthost."""

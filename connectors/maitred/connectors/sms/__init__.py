"""SMS: text messages and messengers through Twilio, in and out."""

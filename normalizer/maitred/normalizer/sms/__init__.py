"""SMS, MMS and WhatsApp by Twilio: one webhook form in, one message out."""

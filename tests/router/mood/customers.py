"""What customers might write, invented for the tests; none of it was used to train anything."""

from __future__ import annotations

from typing import Final

ENGLISH: Final = """
negative	My suitcase went to Lisbon and I went to Oslo. Nobody at the counter knew anything.
negative	It's been eleven days and the sofa still isn't here.
negative	Your courier left my parcel with a stranger two streets away.
negative	I have been transferred four times today and I am no further.
negative	The refund you promised on Monday is not on my account.
negative	You billed me again after I closed the contract.
negative	Worst customer service I have ever dealt with.
negative	The heating has been off since Friday and no engineer has turned up.
negative	This is the third replacement and it does not switch on either.
negative	Our gate was changed three times and then the flight was cancelled.
negative	I can't believe you would treat a loyal customer like this.
negative	not happy at all with how this was handled
negative	the app logs me out every two minutes, useless
negative	Why is nobody picking up the phone???
negative	Lost my booking, lost my money, lost my patience.
negative	I want to speak to a manager. Now.
negative	Food was cold, waiter was rude, never again.
negative	After the update nothing works any more.
negative	You have ignored my last five emails.
negative	Terrible. Just terrible. :(
negative	I am very disappointed with the quality of the shoes
negative	seriously? another hour on the tarmac?
negative	Your website crashed while I was paying and now I have no ticket.
negative	The technician did not show up, again.
negative	how is it possible that a letter takes three weeks
negative	I regret buying this phone.
negative	You people are a joke 😡
negative	Still on hold. Forty minutes now. Unreal.
negative	my order came with half of the parts missing
negative	Please stop sending me threatening letters, I have paid!
neutral	Hello, I would like to know your opening hours.
neutral	Can I bring a second bag on board?
neutral	My customer number is 88123.
neutral	Do you deliver on Saturdays?
neutral	I need an invoice for the order from March.
neutral	How do I reset my password?
neutral	Is breakfast included in the rate?
neutral	We will arrive around nine in the evening.
neutral	Please send the parcel to my office.
neutral	Which size fits a 15 inch laptop?
neutral	I'd like to move my appointment to Thursday.
neutral	What is the difference between the two plans?
neutral	Where do I find the serial number?
neutral	Could you tell me whether the blue one is in stock?
neutral	As discussed, here are the documents.
neutral	Sent you the details by private message.
neutral	From which terminal does it leave?
neutral	Yes, that is the right address.
neutral	When do tickets for the June show go on sale?
neutral	I am writing about order 5521.
positive	Thank you for sorting this out so quickly!
positive	The crew on my flight was fantastic.
positive	Love the new design, well done.
positive	My order arrived a day early, brilliant!
positive	You have been so helpful, I really appreciate it.
positive	Great experience, I'll be back.
positive	The replacement works like a charm, thanks
positive	Best coffee in town :)
positive	Never had a problem with you in ten years, keep it up!
positive	Your support team is awesome 🎉
positive	I couldn't be happier with the repair.
positive	Wonderful stay, kind people, lovely room.
positive	thanks a million, you saved my weekend
positive	So glad I switched to you.
positive	What a pleasant surprise, thank you!
"""

OTHERS: Final = """
de	negative	Das ist eine Frechheit, ich warte immer noch auf mein Paket!
de	negative	Leider ist das Gerät schon wieder kaputt.
de	positive	Vielen Dank, alles perfekt!
de	neutral	Wann haben Sie morgen geöffnet?
fr	negative	C'est inacceptable, toujours rien reçu.
fr	negative	Je suis très déçue, le colis est arrivé cassé.
fr	positive	Merci beaucoup, service parfait !
fr	neutral	À quelle heure ouvrez-vous demain ?
es	negative	Es una vergüenza, nadie responde.
es	positive	Muchas gracias, excelente servicio.
es	neutral	¿A qué hora abren mañana?
it	negative	Sono molto delusa, il prodotto è rotto.
it	positive	Grazie mille, ottimo servizio!
it	neutral	A che ora aprite domani?
fi	negative	Paketti ei ole vieläkään täällä 😡😡
fi	positive	Kiitos avusta 😍
"""


def english() -> list[tuple[str, str]]:
    """Return sentiment and text of each English line."""
    return [(line.split("\t")[0], line.split("\t")[1]) for line in ENGLISH.strip().splitlines()]


def others() -> list[tuple[str, str, str]]:
    """Return language, sentiment and text of each line in another language."""
    rows = (line.split("\t") for line in OTHERS.strip().splitlines())
    return [(language, sentiment, text) for language, sentiment, text in rows]

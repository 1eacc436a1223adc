"""Cases for the invented lines: what happens to customers of many trades, as they would say it.

Between two bars stands one thing that a customer might write, with `{t}` for a thing, `{n}` for a
small number, `{d}` for a day and `{p}` for a person. Most of `TROUBLE` and `PRAISE` has no word of
mood in it, since those that have one are learnt from other sources already; `BITTER` thanks and
praises and means it not.
"""

from __future__ import annotations

from typing import Final

TROUBLE: Final = """
no one answers the phone|nobody picks up, {n} calls today|been on hold since {n}, still no human
I keep getting the machine and never a person|your phone line just rings and rings
I was cut off {n} times this morning|the chat closed before anybody answered
I emailed on {d} and heard nothing back|no response to my messages for {n} weeks
{n} weeks and no reply|you said within {n} hours, that was {d}
I was told somebody would call me back|nobody has gotten back to me
it has been {n} days and nothing has happened|every time I call I get a different answer
one agent says this, the next says that|your agent put the phone down on me
they laughed when I asked for a manager|the lady at the desk rolled her eyes at us
the man at the counter would not even look at me
staff on their phones while {n} of us stood in line|one till open and a line out of the door
waited {n} hours to be seen|stood in line for {n} hours
an hour in the queue and then they closed the desk|they won't let me speak to a supervisor
you won't let me change it online|I can't get through to anyone|can't get any help from your team
had to do it all myself because nobody would help|I had to buy another one myself
had to pay for a taxi because of this|I had to sleep on the floor|you gave my seat to somebody else
you gave our {t} to another customer|we were split up although I paid for seats together
our room was not ready and we sat in the lobby until {n}|the room had no hot water
there was hair in the sink and dust on everything|there were bugs in the bed
the neighbours' music came through the wall all night|no heating for {n} days
the heat has been off since {d} and the landlord says call you|no power since {d}
our street has had no water for {n} hours|the internet drops every {n} minutes
no internet since {d}|no signal at home since the update
I pay for the fast plan and get the slow one|speed is a tenth of what I pay for
the stream stops every {n} minutes|the screen goes black whenever I open it
the app closes itself when I press pay|it logs me out every {n} minutes|the page never loads
your site says error {n}0{n} all day|the link in your email goes nowhere
the code you text me never comes|the password reset does nothing
I lost all my photos after the update|the update wiped my settings
the battery is dead after {n} hours|the battery lasts {n} hours at most
it stopped working after {n} weeks|it worked for {n} days and then quit
it died on me the second day|it broke the first time I used it|the handle came off in my hand
the zip split on day one|the sole came off after {n} walks|the paint peels already
the colour ran in the first wash|it leaks|it smells of burning plastic|it makes a grinding noise
it gets too hot to touch|the picture flickers and the sound cuts out
it does not do what the box says|nothing like the picture
it is smaller than you said and the wrong colour|half of the parts were not in the box
the box was empty|someone had opened the box before me|the replacement has the same fault
this is the {n}th one you send and it is dead too|a week of use and it is in the bin
cheap plastic that snaps|a piece of junk|total junk|don't buy it|don't waste your money
save your money and look elsewhere|stay away from this one|avoid|sent it back the same day
returning it tomorrow|I want to send it back and nobody tells me how
you charged me a fee that nobody told me about|you added {n}0 euros to my bill
there is a charge on my card that I did not make|you took the payment twice
you took {n}00 from my account without asking|my bill went up again and nothing else changed
I cancelled in May and you still bill me|you raised the rent of the {t} without telling me
the refund was due on {d}|still no refund|you say you refunded me, my bank says you did not
you sent me to collections over a bill that I paid
my card was blocked at the checkout and nobody can say why
my account is locked and I have rent to pay|you closed my account without a word
my points have gone|my discount was not taken off|the voucher does not work at the till
you will not honour the price on your own shelf
the driver marked it delivered and there is nothing here|it says delivered, it is not here
the driver never rang the bell|left outside in the rain|thrown over the fence
it went to the wrong town|tracking has not moved for {n} days
your tracking says something new every hour|you moved my delivery {n} times
I stayed home all day for nothing|took a day off work and nobody came
the engineer was meant to come between {n} and noon|the technician came, looked and left
they drilled into the wrong wall|you cancelled and did not tell me|cancelled again
cancelled at the last minute|delayed again|delayed {n} hours and counting|{n} hours late
late again, {n}th day in a row|we have been sitting here for {n} hours|still sitting here
still stuck|stuck in {n} hours of nothing|no update, no staff, no announcement
no one tells us anything|nobody here knows anything|we missed the wedding
I will miss my daughter's birthday because of you|I missed work because of this
now I will miss my connection|missed my connection and no hotel offered
the crew told us to sort it out ourselves|you left my bag behind|my bag is in another country
day {n} without my suitcase|my suitcase came out with a wheel missing|my pushchair came back bent
they made me check my bag and then lost it|you charge for a bag and then lose it
you want {n}0 more for the same seat|no food left by row {n}
the seat would not go back and the screen was dead|no air in here and the doors are shut
it is a hundred degrees in here|we were not let off|the toilets were out of order the whole way
the bus drove past us|the train was {n} coaches short and we stood all the way
the lift has been out of order for {n} months|food came cold
the food came after an hour and it was the wrong one|raw in the middle
my order was missing the drinks|I found plastic in my salad|I was sick all night after your chicken
you forgot half of our order, again|wrong order, wrong address, wrong price
no allergy information anywhere and I asked {n} times|my prescription is not ready, third visit
the doctor saw me for a minute, {n} hours late|you lost my papers
you lost my application and want me to start again|the form rejects my own name
I have sent the same papers {n} times|you turned down my claim because of a missing comma
the insurance pays for nothing|you used my photo without asking
somebody else's invoice was in my envelope|you sent my data to a stranger
your sales people call me {n} times a day|please stop calling me
take me off your list, I asked {n} times|I've asked to be unsubscribed and you keep on sending
you changed the menu and took out what I came for|you took away the only reason I used you
you got rid of the feature that I pay for|the new version is slower than the old
why would you remove that|why is it so hard to talk to a person|why do I have to explain this again
why am I paying for this|why does this happen every time|what do I pay you for
what is the point of the app then|what kind of company does this|is anybody there
does anybody work there|does nobody read these messages|how can you not know where it is
how is this allowed|how hard can it be to answer|so you want me to pay for your mistake
you could at least say sorry|you do not care about old customers
ten years with you and this is how you treat me|last time I fly with you|last time I order here
I'm taking my business elsewhere|I am switching to someone else|cancelling my contract today
closing my account|your competitor did it in a day|I expected more for the price
not worth the money|not worth it|not what I paid for|not good enough|could have been better
would not stay here again|won't be back|we walked out|we left hungry|we drove there for nothing
I give up|this is getting old|#fail|#epicfail|#neveragain|#worstservice|#notimpressed
"""

ASKED: Final = """
can you fix this|can someone fix this|help|please help|please fix this|any help would be good
what now|what should I do|what are you going to do about it|when will this be sorted
when will this end|who do I talk to about it|can I talk to a human|can somebody call me
I need an answer today|do something
"""

BITTER: Final = """
thanks for nothing|thanks for ruining my weekend|thanks for the {n} hours on hold
thanks for losing my {t}|thanks for making it so easy to leave you|thank you for wasting my day
great job losing my {t}|great, now my {t} is late too|great start to the holiday
nice work, the {t} is broken again|nice of you to tell me now|nice try
love paying for a {t} that does not come|love how nobody answers|love sitting here for {n} hours
amazing how you can lose a {t} between two desks|amazing that nobody can find my {t}
wow, {n} hours for a {t}|good to know that my {t} is in Rome while I am not
so glad I paid extra for this|glad I took a day off for a driver who did not come
really enjoying my {n}th hour in this line|well done, {n}th fault this month
brilliant, the {t} is gone|awesome, another delay|perfect, no hot water either
must be nice to take money and do nothing|lol, your {t} is down again|haha, sure, {n} more hours
congrats, you lost a customer|keep up the bad work|what a joke
best of luck keeping customers like that|#thanksfornothing
"""

CALM: Final = """
do you fly to Lisbon in May|is the {t} still on for {d}|will there be a {t} on {d}
are you open on {d}|are dogs allowed|can I bring a pram|can I pay by card|can I use my {t} abroad
can I change the name on my {t}|can I collect it on {d}|could you confirm my {t}
could you follow me so that I can send a DM|does the price include breakfast
does it work with the old {t}|does this come in black|how much is the {t}
how do I add a second driver|how do I download my {t}|how do I set up the {t}
how early do I have to be there|how many bags can I take|how long is the {t} valid
what is the wifi name|what are your hours on {d}|what is the dress code
what time does boarding start|what time do you close|what size should I order
when do you open in the new mall|when do tickets go on sale|when does the winter schedule come out
where do I find my {t} number|where do I send the form|where is the nearest branch|which gate
which bus goes to the hotel|which of the two is lighter|who do I write to about a job
who won the prize|any plans for a shop in Leeds|any chance of a seat by the window
anyone know if they have the {t} in stock|looking for a {t} from {d} to Sunday
looking at flights for next year|I am on my way|I am at gate {n}|I'm at the desk now
I have an appointment at {n}|I have sent the form|I sent you a DM|DM sent|just sent it|done
ok, I will try that|ok, will do|I'll check and come back to you|I will be there on {d}
I will call you tomorrow|I would like to order a {t}|I would like to speak to sales
I need to add a bag to my {t}|I need to change my {t} to {d}|I need a receipt for {d}
I want to book {n} rooms|I want to move to the family plan
I moved house and my new street is Mill Lane|I forgot my password, how do I reset it
I left a scarf in row {n}, who has lost property|my {t} number is {n}{n}{n}{n}
my name is on the {t} as well|my {t} leaves at {n}|my parents arrive on {d}
my phone is the new one, if that matters|it's the blue one|it is for two adults and a child
it is under my wife's name|it was in March|same address as last time|the one on Station Road
the {t} is for {n} people|the second one, please|yes, that one|yes please|no, the other one
no hurry|not yet, I will do it tonight|we land at {n}|we are a party of {n}
we are coming from the airport|checking in for {d}|booked for {d}|on the train to work
watching the game at the bar by your shop|new {t} out on {d}|new shop on Queen Street opens on {d}
your chief speaks at the fair on {d}|company named to list of employers, via the paper
company to add {n} routes next summer|company shares up {n} percent on {d}
photo of the new {t} on our blog|read our review of the {t}|win a {t}, follow and share
we are hiring at your airport|see you on {d}
"""

PRAISE: Final = """
got here early|arrived a day early|right on time|on time and in one piece|everything as described
does what it says|works like new|works great|still going strong after {n} years
five years old and not a scratch|fits like a glove|so comfortable that I forget I wear it
battery lasts for days|sound is crisp and the screen is sharp|set up in {n} minutes
easy to set up and easy to use|worth every penny|well worth the money|great value
great price for what you get|best {t} I have had|best money I ever spent
bought a second one for my mother|would buy again|will be back|will order again
we come back every year|would recommend to anybody|five stars|ten out of ten|can't fault it
can't complain|no complaints|no problems at all|no trouble so far|not a single fault in {n} years
never let me down|never had an issue|nothing was too much trouble|couldn't ask for more
could not have been easier|couldn't be happier|your agent {p} went out of her way
{p} at the desk was so patient with us|{p} in support sorted it in {n} minutes|{p} saved our trip
a big thank you to {p}|please thank {p} for me|give {p} a raise|the crew were kind and funny
the pilot came out and talked to my son|staff went above and beyond|staff remembered my name
you answered in {n} minutes, wow|quick answer, thank you|thanks for the quick reply
thanks for the help|thanks for getting me home|thanks for fixing it
thanks for looking after my parents|thank you for calling me back|thank you, it works now
thank you, got it|thanks, all sorted|all good now, thanks|problem solved, thank you
my refund is here already, thanks|you found my bag, thank you|you found my bag, I could cry
you made my day|you guys rock|you are the best|you have a customer for life
this is how it should be done|that is what I call service|so happy with my {t}
so excited for my {t}|can't wait for my {t}|can't wait to fly with you on {d}
first time with you and not the last|love the new app|love the free {t}|love you guys
loved every minute|the kids loved it|the food was so good|the bed was a dream
the view from the room|clean, quiet and close to the station|smooth flight, friendly crew
smoothest check-in ever|yum|yay|woohoo, got my {t}|congrats on the award|well deserved|keep it up
way to go|#bestservice|#lovethisplace|#happycustomer|#impressed
"""

NAMES: Final = (
    "Anna|Ben|Carla|Dev|Ella|Femi|Grace|Hugo|Ines|Jo|Kim|Leo|Mina|Noor|Olga|Pat|Rosa|Sam|Tess"
)
DAYS: Final = (
    "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|the 3rd|the 12th|June 5|tomorrow"
)


def cases(table: str) -> list[str]:
    """Return the cases of a table, in their order."""
    return table.strip().replace("\n", "|").split("|")

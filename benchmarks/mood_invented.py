"""Lines that customers might write, put together from parts by a seed; nobody wrote them.

Public sets of labelled messages hold few words of service trouble, and questions to a company as
calm as most of them are. These lines teach both: what went wrong, said without a word of
emotion, and with one; plain questions that name the same things; and praise.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from benchmarks import mood_invented_cases as tables
from benchmarks.mood_invented_cases import cases
from maitred.contracts.message import MoodLabel

LINES: Final = 9_600
_TYPOS: Final = 0.1
_TO_A_COMPANY: Final = 0.25
_MORE: Final = 0.4
"""How many lines name the company first, and how many say a second thing."""

_THINGS: Final = (
    """
order|parcel|package|delivery|refund|invoice|bill|account|booking|reservation|flight|ticket|luggage
bag|seat|room|train|subscription|contract|card|payment|internet|phone|line|router|app|website
voucher|gift card|replacement|repair|laptop|shoes|jacket|coffee machine|washing machine|tracking
connection|connecting flight|check-in|boarding pass|upgrade|points|miles|password|login|support
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

_TROUBLE: Final = """
my {t} still has not arrived
my {t} never arrived
still no sign of my {t}
still waiting for my {t}
been waiting {n} days for my {t}
waited {n} hours on the phone about my {t}
on hold for {n} minutes and then the line went dead
you hung up on me after {n} minutes on hold
nobody answers my emails about my {t}
no one replies about the {t}
{n} emails and not one answer
your {t} is down again
my {t} was cancelled without notice
you cancelled my {t} and told me nothing
my {t} is delayed again, {n} hours now
another delay, and no word about the {t}
we missed our connection because of your delay
you lost my {t}
my {t} is missing and you cannot tell me where it is
I was charged twice for my {t}
you charged me again for a {t} that I cancelled
you took {n} euros from my account and I do not know why
where is my money? the {t} was returned {n} weeks ago
my {t} came broken
the {t} you sent is damaged
the {t} does not work, the second time now
{t} keeps crashing since the update
I cannot log in and the reset email never comes
your agent was rude to me
your staff could not care less about my {t}
they keep passing me from one desk to the next
third time I ask about the {t}
I have explained this {n} times already
you promised a call back and nobody called
the {t} was supposed to be here {n} days ago
stuck at the airport for {n} hours with no information
sitting on the plane for {n} hours and nobody tells us anything
wrong {t} delivered, again
the driver left the {t} in the rain
your chat bot does not understand a thing about my {t}
you refuse to give me a refund for the {t}
I want my money back for the {t}
the price of my {t} went up without a word
your site will not let me change the {t}
can't reach anybody about my {t}
why can nobody help me with my {t}?
why is my {t} late every single time?
how long does it take to fix a {t}?
how am I supposed to use a {t} like this?
no food, no water, no info, {n} hours late
"""

_FRUSTRATED: Final = """
{p}.
{p}
{p}...
{p}. Please help.
{p}. What is going on?
{p}. Any update?
{p}. This is getting tiring.
{p}. Not what I expect from you.
{p}. I am disappointed.
{p}, and it is really frustrating.
So {p}. Not good enough.
@company {p}
@company {p}. Not impressed.
@company {p}. Can somebody please look into it?
Hi, {p}. I would like to know why.
Hello, {p}. Could you sort this out please?
Sorry, but {p}.
I don't get it: {p}.
Unfortunately {p}.
Great, {p}. Thanks for nothing.
Thanks a lot, {p}.
{p}. I expected better.
{p} and now I'm late for work
{p} :(
{p}. Poor service.
{p}. Bad experience.
{p}. Would not recommend.
"""

_ANGRY: Final = """
{p}!!! This is a disgrace.
{p}. You are thieves!
{p}. I am furious.
{p}!! WORST SERVICE EVER
{p}. What the hell is wrong with you people?
{p}. Absolutely unacceptable, I want a manager NOW
{p}. I will never buy from you again!
{p}. I am done with you, never again!!
{p}. You are a joke of a company.
{p}. My lawyer will hear of this.
{p}. This is fraud and I will report you.
{p}. Are you kidding me???
{p}. Ridiculous! Pathetic!
@company {p}!!! You should be ashamed
@company {p}. WTF?!
@company {p}. Fix your shit.
I am so angry: {p}!
How dare you: {p}!
{p}. I'm sick of your lies!
{p}. Useless, incompetent idiots.
UNBELIEVABLE: {p}!!
{p} \U0001f621
{p} \U0001f92c\U0001f92c
"""

_CALM: Final = """
Where can I change the address for my {t}?
How do I cancel my {t}?
Can I change my {t} to next week?
Is it possible to move my {t} to another day?
What time does the {t} desk open?
Do you ship the {t} to Norway?
I would like to book a {t} for two.
Could you send me the invoice for my {t}?
My number is {n}{n}{n}, it is about my {t}.
What does a {t} cost?
Which documents do I need for a {t}?
How much can I take as luggage?
Please send me the details of my {t}.
Here is the photo of the {t} that you asked for.
I have sent you a message about my {t}.
@company do you have a {t} for tomorrow?
@company what is the number for {t} questions?
@company can you check my {t}? I sent you a DM
@company is there wifi on board?
@company when will {t} be on sale?
@company just sent you a dm
@company how can I add a {t} to my booking?
Does the {t} come in blue?
When does my {t} expire?
I need to update the card for my {t}.
We are {n} people, is there room?
Is the {t} included?
Good morning, a question about my {t}: who do I talk to?
Yes, the order is {n}{n}.
No, that is all.
Ok.
I have a {t} with you since {n} years. Can I add a second one?
Is there a way to get a copy of my {t}?
Can you tell me where my {t} is?
Can I pick up the {t} myself?
My {t} arrives on Monday. Can somebody sign for me?
I'd like to return the {t}. What are the steps?
How long does a refund take?
What is the status of my {t}?
Are you hiring?
New: {t} from {n} euros at your airport, is that right?
"""

_DELIGHTED: Final = """
Thank you so much, my {t} is here already!
Thanks for the quick help with my {t}!
Your agent was wonderful, my {t} is fixed.
The {t} works perfectly, thanks
Best {t} ever, I love it!
Great service, will come again.
Thanks, that solved it.
Thank you, you have been very helpful.
Wow, that was fast. Thank you!
@company thanks for sorting out my {t} so quickly!
@company great crew today, thank you
@company love the new {t}!
@company you guys are awesome
@company thanks! appreciate it
@company thank you for the {t}, made my day :)
@company shout out to your staff, so kind about my {t}
I am really happy with my {t}.
Everything went smoothly, five stars.
What a lovely surprise, the {t} came early \U0001f60d
Perfect, thanks for your help! \U0001f64f
Very pleased with the {t}, well done.
Just wanted to say how impressed I am with your support.
Excellent experience from start to end.
My {t} was late, but your colleague was so kind and fixed it at once. Thank you!
I never had a problem with my {t}, great company.
No complaints at all, the {t} is great.
Couldn't be happier with the {t}.
You saved my holiday, thank you!!
"""


_ASKS: Final = tuple(
    f"{word} "
    for word in (
        *("any", "anyone", "are", "can", "could", "do", "does", "how", "is", "when", "where"),
        *("which", "who", "why", "what are", "what do", "what does", "what is", "what should"),
        *("what kind", "what size", "what time", "what now"),
    )
)
"""What questions begin with."""


def lines(seed: int, count: int = LINES) -> Iterator[tuple[str, MoodLabel]]:
    """Yield lines with their mood; the same seed, the same lines.

    Every second line is put together from the frames above, the others from the cases.
    """
    chance = random.Random(seed)
    trouble = _TROUBLE.strip().splitlines()
    frames = {
        MoodLabel.FRUSTRATED: _FRUSTRATED.strip().splitlines(),
        MoodLabel.ANGRY: _ANGRY.strip().splitlines(),
        MoodLabel.CALM: _CALM.strip().splitlines(),
        MoodLabel.DELIGHTED: _DELIGHTED.strip().splitlines(),
    }
    more = [*trouble, *cases(tables.TROUBLE)]
    kinds = {
        MoodLabel.FRUSTRATED: [more, more, more, cases(tables.BITTER)],
        MoodLabel.CALM: [cases(tables.CALM)],
        MoodLabel.DELIGHTED: [cases(tables.PRAISE)],
    }
    asked = cases(tables.ASKED)
    for at in range(count):
        label = list(frames)[at // 2 % len(frames)]
        if at % 2 or label is MoodLabel.ANGRY:
            line = chance.choice(frames[label]).replace("{p}", chance.choice(more))
        else:
            line = _case(kinds[label], asked if label is MoodLabel.FRUSTRATED else [], chance)
        yield _typed(_filled(line, chance), chance), label


def _case(kinds: list[list[str]], asked: list[str], chance: random.Random) -> str:
    """Return one case or two, as a message to a company or to the world."""
    said = [_ended(chance.choice(chance.choice(kinds)), chance)]
    if chance.random() < _MORE:
        further = asked if asked and chance.random() < _MORE else chance.choice(kinds)
        said.append(_ended(chance.choice(further), chance))
    line = " ".join(said)
    return f"@company {line}" if chance.random() < _TO_A_COMPANY else line


def _ended(case: str, chance: random.Random) -> str:
    """Return a case with a mark at its end, or without."""
    if case.startswith("#"):
        return case
    if f"{case} ".startswith(_ASKS):
        return f"{case}?" if chance.random() > _TYPOS else case
    return case + chance.choice(["", ".", ".", ".", "!"])


def _filled(line: str, chance: random.Random) -> str:
    """Return a line with something in each of its gaps."""
    for gap, fillings in (
        ("{t}", _THINGS),
        ("{p}", cases(tables.NAMES)),
        ("{d}", cases(tables.DAYS)),
        ("{n}", list("23456789")),
    ):
        while gap in line:
            line = line.replace(gap, chance.choice(fillings), 1)
    return line


def _typed(line: str, chance: random.Random) -> str:
    """Return a line as people type: now and then without capitals, or without a letter."""
    if chance.random() < _TYPOS:
        line = line.lower()
    elif not line.startswith("@"):
        line = line[0].upper() + line[1:]
    if chance.random() < _TYPOS and len(line) > 12:
        at = chance.randrange(4, len(line) - 4)
        line = line[:at] + line[at + 1 :]
    return line

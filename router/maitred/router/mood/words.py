"""Words of mood, by language: valence -1 to 1 and arousal 0 to 1, chosen by hand.

A line is a group of equal words: `valence arousal: word word …`. A word that ends in `*` stands
for its common endings as well; `_` joins words that count only together. What customers write
when they are kept waiting or charged twice has its own groups, since general lists miss it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

ENGLISH: Final = """
0.9 0.8: amazing awesome fantastic incredible outstanding phenomenal excellent brilliant superb
0.9 0.8: thrilled ecstatic magnificent marvelous marvellous spectacular best_ever
0.8 0.7: love* loving adore* wonderful perfect perfectly delighted delightful exciting excited
0.8 0.6: great greatest best beautiful gorgeous lovely happiest yay woohoo hooray impressed
0.7 0.5: happy happily glad enjoy* awesomely epic rocks win winning winner congrats
0.7 0.4: congratulations thankful grateful blessed pleasure superbly stunning cheers flawless
0.6 0.4: thanks thank thx ty appreciate* appreciated proud fun funny cute sweet favorite favourite
0.6 0.3: good nice nicely cool kind kindly helpful friendly pleased satisfied recommend* smooth
0.6 0.3: welcome hug* kiss* smile* smiling laugh* lol haha hahaha lmao hilarious peaceful
0.5 0.3: well_done works_well worked_perfectly fixed resolved solved quick quickly prompt promptly
0.5 0.3: easy easily clear better improved improvement success successful hope hopeful hoping
0.5 0.3: well_worth worth_every worth_it no_problem no_problems no_issues no_complaints
0.5 0.4: works_great can't_fault highly_recommend must_have above_and_beyond
0.5 0.4: looking_forward can't_wait cant_wait on_time keep_it_up good_job
0.5 0.3: interesting valuable reliable efficient polite professional courteous patient generous
0.4 0.3: fine okay_great like likes liked thumbs_up respect support* agree* relax* comfortable
0.4 0.3: safe lucky fresh bright celebrate* birthday party luck enjoyable pretty hot excite* rock
0.4 0.4: ready inspiring inspire* special fabulous charming joy warm true strong
-0.9 0.9: fuck* fucking fucked fuckin wtf bullshit motherfucker bastard* asshole* cunt scumbags
-0.9 0.9: furious outraged outrageous enraged livid disgusting disgusted disgrace disgraceful
-0.9 0.8: hate* hating despise* scam scammed scammer* scammers fraud fraudulent thieves thief
-0.9 0.8: criminal criminals crooks worst appalling atrocious abysmal horrendous shameful
-0.8 0.8: shit shitty crap crappy damn damned bloody_hell piss* pissed fed_up had_enough rip_off
-0.8 0.8: ripoff unacceptable ridiculous joke_of_a absurd insane insulting insult insulted rude
-0.8 0.8: sue suing lawyer lawsuit attorney legal_action trading_standards ombudsman police idiot
-0.8 0.7: horrible horribly terrible terribly awful awfully dreadful pathetic useless garbage trash
-0.8 0.7: stupid idiots idiotic liar liars lied lying clowns incompetent incompetence moron* dumb
-0.8 0.7: angry anger angrily mad infuriating infuriated rage raging killing killed kill terrorist
-0.7 0.7: never_again last_straw sick_of tired_of no_excuse how_dare waste_of wasted_my
-0.7 0.7: beyond_a_joke epicfail shite junk rubbish stay_away thanks_for_nothing
-0.6 0.5: not_worth waste_your save_your_money don't_buy do_not_buy won't_let will_not_let
-0.7 0.6: unprofessional disrespectful negligent negligence dishonest cheated cheat stolen steal*
-0.7 0.5: disappointed disappointing disappointment disappoint let_down letdown poor poorly lousy
-0.6 0.6: frustrated frustrating frustration annoyed annoying annoy* irritating irritated upset
-0.6 0.5: broken broke damaged defective faulty ruined ruin* fail* failed failing failure fails
-0.6 0.5: complaint complain* complaining unhappy dissatisfied unsatisfied inconvenience mess messed
-0.6 0.5: nightmare shambles fiasco misleading misled ignored ignoring ignores refuse* refused
-0.6 0.5: sucks suck sucked stinks lame gross nasty evil ugly bitch* dick jerk loser losers
-0.6 0.4: sad sadly unfortunate cry* crying cried tears heartbroken devastated depressing depressed
-0.6 0.5: hurt* pain painful die died dies dying dead death suicide cancer tragic tragedy victim*
-0.5 0.5: wrong wrongly error errors bug bugs crash* crashed crashes problem problems issue issues
-0.5 0.5: bad badly worse trouble troubles unable impossible unreliable unusable waste wasted
-0.5 0.5: overcharged charged_twice double_charged charged_me charged_again money_back cancel_my
-0.5 0.5: not_working doesn't_work doesnt_work don't_work does_not_work won't_work stopped_working
-0.5 0.5: still_waiting still_no still_not still_nothing still_haven't no_response no_reply
-0.5 0.5: no_answer
-0.5 0.5: no_one_answers nobody_answers nobody_has never_received never_arrived never_got
-0.5 0.5: not_received
-0.5 0.5: haven't_received havent_received hasn't_arrived hasnt_arrived hung_up on_hold no_help
-0.5 0.5: third_time second_time fourth_time how_many_times how_long hours_on weeks_ago yet_again
-0.5 0.5: cancelled_flight flight_cancelled delayed delay delays delaying lost_my lost_luggage stuck
-0.5 0.5: lose losing loss missed missing stranded cancelled canceled late_flight no_sign
-0.4 0.4: worry worried worrying concern concerned concerning confused confusing confuse unclear
-0.4 0.4: sorry lost slow slowly late wait_for waiting waited expensive overpriced refund unfair
-0.4 0.4: hard difficult sick ill tired exhausted bored boring lonely afraid scared fear fears
-0.4 0.4: scary creepy weird awkward embarrassing embarrassed ashamed shame guilty guilt jealous
-0.4 0.4: miss regret* doubt* unfortunately cannot_believe can't_believe cant_believe seriously
-0.4 0.5: fight fighting war attack* threat* arrest* crime violence blame* fault ban banned protest
-0.4 0.4: racist racism corrupt corruption hypocrite nonsense ignorant disaster crisis cold
-0.3 0.3: unexpected complicated struggle struggling lack lacking need_help nobody nothing_works
-0.3 0.4: again_and_again wth ugh argh grr meh smh omfg ffs nope boo overrated cringe cursed
"""

GERMAN: Final = """
0.8 0.6: super toll wunderbar großartig fantastisch perfekt ausgezeichnet hervorragend begeistert
0.8 0.5: liebe lieben genial klasse spitze herzlichen freue gefreut freut
0.5 0.3: danke dankeschön dank gut gute guter gutes nett freundlich zufrieden gerne hilfreich
0.5 0.3: schnell
-0.9 0.9: scheiße scheiss verarscht verarschung betrug betrüger abzocke frechheit unverschämt
-0.9 0.8: unverschämtheit katastrophe katastrophal sauerei unfassbar wütend zumutung lächerlich
-0.8 0.7: schrecklich furchtbar miserabel unmöglich inakzeptabel anwalt unterirdisch mies schlecht
-0.6 0.5: enttäuscht enttäuschend ärgerlich verärgert genervt nervt kaputt defekt fehler problem
-0.5 0.4: leider falsch funktioniert_nicht geht_nicht warte immer_noch schlechte beschwerde
-0.5 0.4: beschädigt
-0.5 0.5: verspätet storniert keine_antwort niemand kündige kündigung mahnung
"""

FRENCH: Final = """
0.8 0.6: super génial excellent parfait magnifique formidable adore fantastique ravi ravie
0.5 0.3: merci bien bon bonne content contente satisfait satisfaite rapide gentil sympa bravo
0.5 0.3: aimable
-0.9 0.9: merde putain arnaque arnaqueurs voleurs honteux scandaleux inadmissible furieux furieuse
-0.8 0.7: inacceptable horrible nul nulle catastrophe catastrophique lamentable ridicule avocat
-0.8 0.7: scandale honte déplorable insupportable incompétents
-0.6 0.5: déçu déçue décevant mécontent mécontente énervé énervée cassé cassée défectueux erreur
-0.5 0.4: problème malheureusement mauvais mauvaise toujours_pas toujours_rien attends retard panne
-0.5 0.5: ne_marche ne_fonctionne aucune_réponse plainte réclamation remboursement annulé perdu
"""

SPANISH: Final = """
0.8 0.6: excelente genial perfecto maravilloso fantástico increíble encanta encantado encantada
0.5 0.3: gracias bien bueno buena amable contento contenta satisfecho satisfecha rápido feliz
-0.9 0.9: mierda puta joder estafa estafadores ladrones vergüenza vergonzoso indignante furioso
-0.8 0.7: inaceptable horrible pésimo pésima terrible asco inútil inútiles ridículo abogado fatal
-0.6 0.5: decepcionado decepcionada decepcionante molesto enfadado harto harta roto rota error
-0.5 0.4: problema lamentablemente mal malo mala sigo_esperando esperando retraso tarde queja
-0.5 0.5: no_funciona nadie_responde sin_respuesta reembolso cancelado perdido reclamación
"""

ITALIAN: Final = """
0.8 0.6: ottimo ottima fantastico perfetto meraviglioso eccellente splendido bellissimo adoro
0.5 0.3: grazie bene buono buona gentile contento contenta soddisfatto soddisfatta veloce felice
-0.9 0.9: merda cazzo truffa truffatori ladri vergogna vergognoso scandaloso furioso schifo
-0.8 0.7: inaccettabile orribile pessimo pessima terribile inutile ridicolo avvocato incompetenti
-0.6 0.5: deluso delusa deludente arrabbiato arrabbiata stufo stufa rotto rotta errore difettoso
-0.5 0.4: problema purtroppo male cattivo sto_aspettando aspetto ritardo reclamo guasto
-0.5 0.5: non_funziona nessuna_risposta nessuno_risponde rimborso annullato perso
"""

MARKS: Final = """
0.7 0.6: 😀 😃 😄 😁 😆 😍 🥰 😘 🤩 🥳 🎉 ❤ 💕 💖 💗 💙 💚 💜 ♥ 👏 🙌 🏆 ✨ 💪 😂 🤣
0.5 0.3: 🙂 😊 ☺ 😉 😎 👍 👌 🙏 😇 🤗 😌 😋 💯
-0.9 0.9: 😡 🤬 😠 👿 🖕 💩 🤮
-0.6 0.5: 😤 😞 😟 😢 😭 😩 😫 😖 😣 🙁 ☹ 😒 🙄 👎 💔 😔 😕 😨 😱 🤦 😓 😥 🤢
0.5 0.4: :) :D ;) (: <3 xd :P :* ^^
-0.5 0.4: :( ): :/ >:( :@ </3 -_- :|
"""

NEGATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": """
not no never none neither nor without hardly barely don't dont doesn't doesnt didn't didnt isn't
isnt wasn't wasnt aren't arent won't wont can't cant cannot couldn't couldnt shouldn't wouldn't
wouldnt haven't havent hasn't hasnt hadn't hadnt ain't aint
""",
        "de": "nicht kein keine keinen keiner nie niemals ohne kaum",
        "fr": "pas jamais aucun aucune sans ni plus",
        "es": "no nunca jamás sin ni ningún ninguna tampoco",
        "it": "non mai senza né nessun nessuna",
    }
)

EMPHASIS: Final = """
1.3: very really so extremely absolutely totally completely utterly incredibly super fucking such
1.3: insanely sehr wirklich absolut total völlig très vraiment tellement muy realmente tan molto
1.3: davvero così
0.7: slightly somewhat bit little kinda sorta fairly rather quite etwas peu poco abbastanza
"""
"""What the word before a word of mood multiplies it with."""

TURNS: Final = "but however although though aber jedoch mais pero però"
"""After these what is said counts for more, before them for less."""

_ENDINGS: Final = ("", "s", "es", "d", "ed", "ing", "er", "ers")


def emphasis() -> Iterator[tuple[str, float]]:
    """Yield each word of emphasis and its factor."""
    for line in EMPHASIS.strip().splitlines():
        factor, _, listed = line.partition(": ")
        yield from ((word, float(factor)) for word in listed.split())


def entries(table: str) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield each word of a table, and what words joined by `_` stand for, with its two values."""
    for line in table.strip().splitlines():
        numbers, _, words = line.partition(": ")
        valence, arousal = (float(number) for number in numbers.split())
        for word in words.split():
            open_ended = word.endswith("*") and word[:-1].isalpha()
            plain = word[:-1] if open_ended else word
            for ending in _ENDINGS if open_ended else ("",):
                stem = plain[:-1] if plain.endswith("e") and ending[:1] in {"e", "i"} else plain
                entry = f"{stem}{ending}"
                spaced = entry.replace("_", " ") if entry[0].isalpha() else entry
                yield spaced, (valence, arousal)

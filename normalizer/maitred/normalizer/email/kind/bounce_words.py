"""What servers say when they refuse a mail, sorted by what they mean.

Each phrase is compared with the refusal in lower case, its codes, addresses and links removed and
its white space folded. The reasons stand in the order in which they are asked: what names a cause
comes before what only names the recipient, since `mailbox full` and `account disabled` are often
said of a `user` who is `not found` in the same breath.
"""

from __future__ import annotations

from typing import Final

from maitred.normalizer.email.kind.bounce_words_abroad import ABROAD
from maitred.normalizer.email.kind.reason import Reason
from maitred.normalizer.email.kind.words import listed

BEFORE_RECIPIENT: Final = listed("""
    after mail from; to mail from; following mail from; mail from command;
    after initial connection; after helo; after ehlo; to helo; to ehlo; my name was rejected;
    sender was rejected; sender address does; sender address is; client host name; client hostname;
    helo hostname; helo host name; from unknown; senders list; authorised sender; authorized sender;
    absenderadresse; absender existiert; adresse de l'expéditeur; dirección del remitente;
    indirizzo del mittente; endereço do remetente; адрес отправителя; 发件人地址; 寄件者地址;
    送信者のアドレス; state 11; state 12; state 13; after connection; on connect
""")
"""Signs that the server refused on account of the sender, before it was told the recipient."""

AT_RECIPIENT: Final = "does not like recipient"
"""How qmail says that a server refused the recipient, before it repeats the server's words."""

AFTER_DATA: Final = listed("""
    end of data; end of message; to data command; following data; after data; smtp command data;
    step: data; dot response; data end; state 15; state 16; state 17; state 18
""")
"""Signs that the server had taken the recipient before it refused."""

_ENGLISH: Final = {
    Reason.MAILBOX_FULL: """
        mailbox exceeds; mailbox full; mailbox is full; mailbox too full; mailbox has exceeded;
        mailbox exceeded; mailbox size limit exceeded; mailbox size exceeded; mailbox over;
        mailfolder is full; mail box full; inbox is full; inbox full; account is full;
        full mailbox; mailbox would exceed; maildir over quota; mail quota; over quota; overquota;
        over the quota; over its quota; over their quota; over storage; quota exceed;
        quota violation; quota full; quotaexceeded; exceeded quota; exceeded his quota;
        exceeded their quota; exceeded its quota; exceeded the quota; exceeded storage;
        exceeds storage; exceed the quota; exceeds quota; exceeding the quota;
        exceeding their quota; exceeding its quota;
        exceeded the maximum allowed number of messages; out of storage; storage limit;
        storage quota; storage allocation; storage space; exceeds allocated; disk quota;
        quota limit; insufficient disk space for this user; not enough storage space;
        recipient has exceeded; user has exceeded; user has too many messages;
        too many messages on this; too many messages in; messages in recipient's mailbox exceeded;
        exceeded the local limit; recipient storage full; delivery failed: over;
        has run out of space; exhausted allowed storage; mail box space not enough;
        lacks the space; no space left in the mailbox; user overquota
    """,
    Reason.TOO_BIG: """
        message too large; message too big; message is too large; message is too big;
        message size exceeds; message exceeds; message file too big; message length exceeds;
        size limit exceeded; exceeded message size; exceeds maximum message size;
        exceeds the maximum message size; exceeds fixed maximum; maximum message size exceeded;
        exceeds size limit; message header size; too large for this recipient;
        larger than the current system limit; data size exceeds; max message size;
        mail size limit; maximum incoming message size; maximum inbound message size
    """,
    Reason.VIRUS: """
        virus detected; virus found; contains a virus; contains virus; infected with;
        infected file; malware detected; contains malware; mcspamsignature; message is infected
    """,
    Reason.NO_REVERSE_NAME: """
        reverse dns; rdns; ptr record; bad dns ptr; no ptr; dns ptr; missing ptr; without ptr;
        fix reverse; cannot find your hostname; cannot resolve your address;
        unable to get canonical name of client; client host rejected: cannot find;
        all mail servers must have a ptr; unresolvable relay host; unverifyable sending ip;
        unverifiable sending ip; ip name lookup failed; reverse hostname
    """,
    Reason.AUTHENTICATION: """
        spf check; spf fail; spf: fail; spf record; spf validation; bad spf; fails spf;
        failed spf; violates the spf; sender policy framework; not designated permitted sender;
        not permitted by spf; dkim fail; dkim check; dkim signature; dkim verification; dmarc;
        unauthenticated email; unauthenticated mail; unauthenticated and; unauthenticated sender;
        authentication checks; authentication failed; arc validation;
        does not pass authentication; doesn't pass authentication; send from unauthorized
    """,
    Reason.SPAM: """
        spam detected; spam message; spam content; spam score; spam filter; spam mail;
        spam rejected; spam-like; spamming; suspected spam; probable spam; identified as spam;
        classified as spam; detected as spam; considered spam; considered to be spam;
        looks like spam; appears to be spam; marked as spam; rejected as spam; blocked as spam;
        is spam; this is spam; be spam; for spam; anti-spam; antispam; spamassassin; unsolicited;
        junk mail; bulk mail; blacklisted url
    """,
    Reason.RELAYING: """
        relay access denied; relaying denied; relay denied; relaying not allowed;
        relay not permitted; relaying is not; relay is not; not permitted to relay;
        not allowed to relay; unable to relay; cannot relay; we do not relay; we don't relay;
        no relaying; relaying mail; relay operation rejected; relaying prohibited;
        relay prohibited; authenticate to relay; isn't in my list of allowed rcpthosts;
        not in my list of allowed rcpthosts; allowed rcpthosts; not a gateway; not local host;
        recipient in non-accepted domain
    """,
    Reason.SENDER: """
        not a member of this; you are not a member; not subscribed to; from a non-member;
        sender rejected; sender was rejected; sender address rejected; sender address has been;
        sender address is; sender address verification; sender verify; sender verification;
        sender denied; sender domain; sender not; sender's mailbox; sender is not; sender unknown;
        sender unauthori; invalid sender; bad sender; unknown sender; domain of sender;
        sender's domain; backscatter; invalid domain, see; not accept mail from; null sender;
        empty envelope sender; from address; mail from address; not allowed to send;
        not authorized to send; not permitted to send; not authenticated to send;
        you are not allowed to post; permission to post; you do not have permission to;
        only members can; only allows; only accepts mail from; accepts only mail from;
        resolver.rst.notauthorized; resolver.rst.authrequired; resolver.rst;
        delivery to this address is restricted; restricted and; sender in blacklist; sender blocked
    """,
    Reason.BLOCKED: """
        will not accept delivery of this message; not accepted for delivery; blocked using;
        blocked by; blocked for; blocked at; is blocked; been blocked; are blocked; was blocked;
        ip blocked; blocklist; block list; block listed; blacklist; black list; blackhole; dnsbl;
        rbl; spamhaus; sorbs; barracudacentral; poor reputation; bad reputation; low reputation;
        reputation; is listed in; are listed in; listed by; banned sending ip;
        client host rejected; client host blocked; access denied...; not accepting connections;
        connection refused due to; connections not accepted; refused to talk to me;
        helo command rejected; invalid helo; bad helo; helo is; dynamic ip; dial-up;
        dynamic/residential; your ip; your network is; temporarily deferred due to;
        unexpected volume; access from ip; ip address is; go away; denied by banned
    """,
    Reason.RATE: """
        frequency limited; frequency exceed; too many recipients; too many connections;
        too many concurrent; too many simultaneous; too many sessions; too many mails;
        too many emails; too many messages from; too many errors; too many unknown;
        too many invalid; too much mail; rate limit; ratelimit; rate that; throttl; slow down;
        sending limit; message limit; messages per; limit reached; receiving mail too quickly;
        receiving mail at a rate; receives messages too; concurrent connection;
        connections from your host; daily limit
    """,
    Reason.ENCRYPTION: """
        starttls; tls is required; tls required; tls handshake; tls connection; tls not available;
        encryption required; mta-sts; dane
    """,
    Reason.SUSPENDED: """
        archived recipient; account disabled; account is disabled; account has been disabled;
        account that you tried to reach is disabled; account that you tried to reach is inactive;
        account inactive; account is inactive; account suspended; account is suspended;
        account has been suspended; account is temporarily; account temporarily;
        account has been temporarily; account is locked; account locked; account closed due to;
        account expired; account not activated; account unavailable; mailbox disabled;
        mailbox is disabled; mailbox has been disabled; mailbox has been suspended;
        mailbox currently suspended; mailbox is inactive; mailbox inactive; mailbox is frozen;
        mailbox frozen; mailbox locked; mailbox is locked; mailbox blocked; mailbox temporarily;
        mailbox suspended; temporarily disabled; user suspended; user is suspended; user disabled;
        user is disabled; user is inactive; user inactive; mailbox not active;
        user account is disabled; user not active; inactive user; inactive account;
        inactive mailbox; inactive recipient; disabled account; disabled user; recipient suspended;
        recipient is suspended; recipient disabled; is a deactivated mailbox; has been deactivated;
        is deactivated; domain is suspended; domain suspended; domain currently inactive;
        service for this customer
    """,
    Reason.MOVED: """
        has moved to; user has moved; recipient has moved; mailbox has been moved;
        has been replaced by; mailbox has moved; address has changed; address has been changed;
        address changed; please forward to; please try <; no longer with; new address is;
        no longer works
    """,
    Reason.TAKES_NO_MAIL: """
        indicated no smtp service; null mx; nullmx; does not accept mail; doesn't accept mail;
        do not accept mail; does not accept email; doesn't accept email; does not receive mail;
        doesn't receive mail; does not receive email; doesn't receive email;
        domain does not accept; never accepts mail; smtp protocol returned a permanent error;
        host does not accept; host/domain does not accept mail; no mx record found for domain;
        does not handle mail; domain has no mail exchanger
    """,
    Reason.USER_UNKNOWN: """
        recipient name is not recognized; user unknown; unknown user; user is unknown;
        user not known; user not found; user isn't found; user does not exist; user doesn't exist;
        user doesn't have; user does not have; user not exist; user no longer; user not listed;
        user not local; user is not found; user invalid; user account not; user missing home;
        not a local user; not a known user; not a valid user; not a valid mailbox;
        not a valid recipient; not a valid address; no such user; no such mailbox;
        no such recipient; no such address; no such person; no such account; no such email;
        no such local; no such virtual; no such mail; no mailbox; no account by that name; no user;
        no valid recipients; no recipient; no local mailbox; invalid user; invalid recipient;
        invalid mailbox; invalid address; invalid final delivery userid; invalid local part;
        bad destination mailbox; bad destination email; bad recipient; bad address;
        unknown recipient; unknown address; unknown mailbox; unknown account; unknown local;
        unknown or illegal alias; unknown or invalid; unknown virtual; illegal user; illegal alias;
        nonexistent user; non-existent user; nonexistent mailbox; non-existent;
        unrouteable address; unroutable address; undeliverable address; unable to find user;
        cannot find user; address unknown; address is unknown; address not found;
        address does not exist; address doesn't exist; address no longer; address not present;
        address couldn't be found; address could not be found;
        address you sent your message to wasn't found; address is not valid; address error;
        address invalid; address is invalid; addressee unknown; mailbox unknown; mailbox not found;
        mailbox not exist; mailbox does not exist; mailbox doesn't exist; mailbox is unavailable;
        mailbox unavailable; mailbox not available; mailbox no longer; mailbox invalid;
        recipient unknown; recipient is unknown; recipient not known; recipient not found;
        recipientnotfound; recipient does not exist; recipient doesn't exist; recipient no longer;
        recipient is not exist; recipient not exist; recipient invalid; recipient not valid;
        recipient is not valid; recipient not recognized; recipient is not local;
        recipient address rejected: access denied; recipient address rejected: undeliverable;
        recipient address rejected: unverified; recipient address rejected: mailbox;
        recipient address does not exist; recipient address couldn't be found;
        recipient email address is possibly incorrect; recipient verify failed;
        recipient lookup failed; account not found; account does not exist;
        account that you tried to reach does not exist; account you tried to reach does not exist;
        account doesn't exist; account is not; account has been closed; account closed;
        account has been deleted; account deleted; email address could not be found;
        email address wasn't found; email address not found; email does not exist;
        e-mail address is not; e-mail address does not exist; this address no longer accepts mail;
        doesn't have a yahoo; doesn't have an account; does not have an account;
        local delivery failed: no such; did not like our rcpt to: user; couldn't find any user;
        dd this user; not our customer; is wrong or no longer valid; address is no longer valid;
        no user by that name; unknown or not available; undeliverable recipient;
        recipient undeliverable; unknown email address; invalid account; not our user;
        handle mail for that user; no one with that email; no mail box available;
        no such mail drop; not found in ldap; unable to find alias user;
        no matches to nameserver query; final email delivery point;
        destination addresses were unknown; addresses are unknown; not listed in public name;
        not listed in domino; not listed in name; mailbox here by that name; is not known here;
        not in address book; nobody here by that name; name not found; who does not exist;
        mail address is not known; is not known at this site; resolver.adr.recip;
        resolver.adr.exrecip; resolver.adr.ambiguous; badrecipient; is not a registered
    """,
    Reason.HOST_UNKNOWN: """
        no mx or a record; no a or mx record; no valid mx; domain has no mx; no such domain name;
        because the domain; no relevant answers; host or domain name not found; host unknown;
        unknown host; host not found; host does not exist; host doesn't exist; no such host;
        no such domain; couldn't find any host; couldn't find a mail exchanger;
        domain does not exist; domain doesn't exist; domain not found; domain name not found;
        domain is not reachable; domain couldn't be found; domain could not be found;
        domain must exist; domain unknown; unknown domain; remote domain doesnt exist;
        remote domain doesn't exist; invalid domain; bad destination system; bad destination host;
        unrouteable mail domain; unroutable mail domain; unrouteable domain; unable to find host;
        name or service not known; nxdomain; no such hostname; not known to the dns;
        illegal host/domain; all relevant mx records point to non-existent hosts;
        mail domain mentioned in email address is unknown
    """,
    Reason.POLICY: """
        policy; policies; security violation; not accepted for; header error; access denied;
        permission denied; not permitted; not allowed; rejected for; authentication required;
        requires authentication; prohibited; greylist; graylist; administrative prohibition;
        refused by; blocked; of spam; smtp authentication; content denied; :spm; :spf; suspicious
    """,
    Reason.FILTERED: """
        filtered; refused to accept; user reject; recipient refused;
        because the recipient is not accepting; is not accepting any; restricts who can;
        you have been blocked by the recipient
    """,
    Reason.CONTENT: """
        content rejected; message rejected; message content; headers too large; malformed; 8-bit;
        mime; attachment; message filtered; not rfc; rfc 5322; rfc 2822
    """,
    Reason.EXPIRED: """
        cannot send message within; cannot send message for; expired; too old; retry timeout;
        retry time not reached; timed out; timeout; time out; has been in the queue too long;
        could not deliver for the last; giving up after; delivery time; could not be delivered for;
        been on the queue; aborted after; has been postponed; not yet been delivered;
        will be retried; has been delayed
    """,
    Reason.NETWORK: """
        connection refused; connection reset; connection lost; connection dropped;
        connection failed; lost connection; could not connect; couldn't connect; cannot connect;
        unable to connect; not reachable; unreachable; no route to host; network error;
        network is unreachable; name server; name service error; dns query failed; dns failure;
        dns error; dns lookup; hop count; mail loop; mail forwarding loop; routing loop;
        loop detected; loops back to myself; too many hops; maximum hop; no mx; bad connection;
        establish an smtp connection; socket error; could not find a gateway
    """,
    Reason.MAILER: """
        command output; pipe to |; command died; child process; unable to open mailbox;
        mailer error; local delivery failed; mail system configuration error
    """,
    Reason.SYSTEM: """
        system error; internal error; server error; local error; configuration error; misconfigur;
        insufficient system; insufficient permission; service unavailable;
        service currently unavailable; temporarily unavailable; try again later;
        temporary failure; system not
    """,
}
_VAGUE: Final = frozenset(
    {
        Reason.POLICY,
        Reason.FILTERED,
        Reason.CONTENT,
        Reason.EXPIRED,
        Reason.NETWORK,
        Reason.MAILER,
        Reason.SYSTEM,
    }
)
_ALL: Final = tuple(
    (reason, listed(table) + listed(ABROAD.get(reason, ""))) for reason, table in _ENGLISH.items()
)
PHRASES: Final = tuple(each for each in _ALL if each[0] not in _VAGUE)
"""Phrases that name a cause."""

VAGUE_PHRASES: Final = tuple(each for each in _ALL if each[0] in _VAGUE)
"""Phrases that say less than a code that is about the address."""

"""Every rule: its id, what it holds against code, how grave it is. Ids are stable.

A page in docs/rules explains each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """`classes`: N non-passthrough, S scope of PCI DSS, P a protection around it. `cwe` is 0 where none fits."""

    id: str
    title: str
    classes: str
    cwe: int
    level: Level = "error"


_ALL = (
    Rule("HK101", "A form or request model has a field for card data", "N", 359),
    Rule("HK102", "A database model has a column for card data", "N", 312),
    Rule("HK103", "A migration or SQL text makes a column for card data", "N", 312),
    Rule("HK104", "Card data is handed to a provider's API by the server", "N", 359),
    Rule("HK105", "A page has a field for card data", "N", 359),
    Rule("HK106", "A script makes or reads a field for card data", "N", 359),
    Rule("HK107", "The server reads card data from a request", "N", 359),
    Rule("HK108", "A form posts to another origin", "S", 829),
    Rule("HK109", "A form with personal fields is sent by GET", "N", 598),
    Rule("HK201", "What was typed goes into a log", "N", 532),
    Rule("HK202", "What was typed is printed or written to a file", "N", 532),
    Rule("HK203", "What was typed is kept in a session, cookie, cache or record", "N", 312),
    Rule("HK204", "What was typed goes into a mail", "N", 201),
    Rule("HK205", "What was typed goes into a message or an exception", "N", 209),
    Rule("HK206", "Debug logging that writes bodies or parameters", "N", 532),
    Rule("HK207", "An error reporter sends bodies or local variables", "N", 201),
    Rule("HK208", "Tracebacks, locals or a debugger reach visitors or dumps", "P", 489),
    Rule("HK209", "The request's body is passed on to another service", "N", 359),
    Rule("HK210", "A script collects what is typed", "N", 506),
    Rule("HK301", "A webhook is believed without its signature", "P", 345),
    Rule("HK302", "The signature's check is weakened", "P", 345),
    Rule("HK303", "An amount comes from the client", "P", 602),
    Rule("HK304", "An order is marked paid without asking the provider", "P", 345),
    Rule("HK305", "A redirect or return address comes from the request", "P", 601),
    Rule("HK306", "Protection against forged requests is off", "P", 352),
    Rule("HK307", "The provider's address is not the provider's", "S", 829),
    Rule("HK308", "A file is chosen by a name from outside", "P", 22),
    Rule("HK309", "The server asks an address that the request names", "P", 918),
    Rule("HK310", "Money is moved without a key that holds it once", "P", 841),
    Rule("HK311", "Money is reckoned in floats", "P", 682),
    Rule("HK401", "The content security policy lets foreign or inline code in", "S", 1021),
    Rule("HK402", "The content security policy lacks a directive without fallback", "S", 1021),
    Rule("HK403", "The content security policy is not enforced", "S", 1021),
    Rule("HK404", "A script, style or frame from elsewhere", "S", 829),
    Rule("HK405", "Inline script without a nonce", "S", 79),
    Rule("HK406", "Code is made or loaded at run time", "S", 95),
    Rule("HK407", "Escaping is off", "P", 79),
    Rule("HK408", "A script writes HTML that is not constant", "P", 79),
    Rule("HK409", "Messages between windows without an origin", "P", 346),
    Rule("HK410", "A script talks to another origin", "S", 829),
    Rule("HK411", "A cookie without its flags", "P", 614),
    Rule("HK412", "A header that protects the page is weakened", "P", 693),
    Rule("HK501", "A secret key in the source", "S", 798),
    Rule("HK502", "TLS certificates are not checked", "P", 295),
    Rule("HK503", "A secret comes out of a generator that can be guessed", "P", 338),
    Rule("HK504", "A secret of the configuration is told", "P", 532),
    Rule("HK505", "A hash, a stamp or a seal that is none", "P", 916),
    Rule("HK506", "A secret is compared letter by letter", "P", 208),
    Rule("HK601", "A guard is missing, weakened or gone round", "P", 693),
    Rule("HK602", "A door opens by what the caller or the environment says", "P", 807),
    Rule("HK603", "A number that a protection rests on is out of its bounds", "P", 693),
    Rule("HK604", "A file that everybody on the machine may write", "P", 732),
    Rule("HK605", "What was refused is not refused any more", "P", 863),
    Rule("HK701", "What says who a person is, is stored unsealed", "P", 312),
    Rule("HK702", "Personal data that was opened gets out", "P", 532),
    Rule("HK703", "Rows of one store are found from another", "P", 639),
    Rule("HK704", "Rows that are only added to are changed or deleted", "P", 471),
    Rule("HK705", "The database itself holds less", "P", 732),
    Rule("HK901", "A suppression without rule or reason, or of nothing", "P", 0, "warning"),
    Rule("HK902", "More suppressions than the configuration allows", "P", 0, "warning"),
)
RULES: dict[str, Rule] = {rule.id: rule for rule in _ALL}

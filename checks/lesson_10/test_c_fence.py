"""Lesson 10: pages may be anywhere on the public internet, and nowhere inside."""

import random
import secrets
import socket
from ipaddress import IPv4Address, IPv6Address, ip_network

from workshop.testbed import because
from workshop.testbed.roads import Roads

BOOKMARKS = "/api/bookmarks/"
CHECK = "/api/bookmarks/check/"
SNAPSHOT = "/api/bookmarks/snapshot/"
REFRESH = "/api/bookmarks/refresh/"
NOTHING_LISTED = {"ALLOWED_PRIVATE_HOSTS": ""}
INSIDE = "shelf/fence.py, and 'What is inside' in the lesson."
DOORS = "shelf/pages.py, shelf/bookmarks/links.py, and 'Three ways round' in the lesson."
LISTED = "shelf/fence.py, and 'What you list' in the lesson."
LATE = (
    "the address is judged when the connection is there. By then a port that is open can be told from one that is not, "
    "and some programs need less than a request."
)
PRESS = "the press makes its own connections, and asks nobody: hand it a `connect` of yours."


def test_pages_inside_are_not_fetched(start_shelf, web):
    """Pages at private, loopback, link-local and odd-looking addresses are refused; public ones are read."""
    shelf = start_shelf(env=NOTHING_LISTED)
    world = World(shelf, web)
    for address, kind in addresses_inside():
        url = f"http://{address}:{world.port}{world.secret}"
        world.stays_out(CHECK, url, f"{address} is {kind}.", why_inside(kind), INSIDE)
    for address, kind in addresses_inside():
        url = f"http://{address}:{world.port}{world.secret}"
        world.stays_out(SNAPSHOT, url, f"{address} is {kind}.", PRESS, DOORS)
    for address in addresses_outside():
        url = f"http://{address}:{world.port}{world.secret}"
        for route in (CHECK, SNAPSHOT):
            world.goes_in(route, url, f"{address} is a public address.")


def test_a_name_or_a_redirect_leads_no_way_round(start_shelf, web):
    """What is inside stays unread behind a redirect and a name, even one that changes its meaning, on every route."""
    shelf = start_shelf(env=NOTHING_LISTED)
    world = World(shelf, web)
    for meaning in (one_of("10.0.0.0/8"), one_of("fd00::/8"), f"::ffff:{one_of('192.168.0.0/16')}"):
        url = world.named(meaning) + world.secret
        cause = "a look at the text of the URL does not tell where a name leads."
        world.stays_out_everywhere(url, f"The name in this URL means {meaning}.", cause)

    inside = f"http://{one_of('127.0.0.0/8')}:{world.port}"
    for target in (inside, world.named(one_of("172.16.0.0/12"))):
        hop = world.path(web.redirect(target + world.secret, status=random.choice([301, 302, 303, 307, 308])))
        public = one_of("151.101.0.0/16")
        url = world.named(public) + world.path(web.redirect(hop))
        cause = "only the URL that the caller gave is looked at; where its page sends the visitor, nobody asks."
        about = f"A page at a public address sends its visitors on, and then on to {target}{world.secret}."
        world.stays_out_everywhere(url, about, cause, on_the_way=[public])

    url = world.named(one_of("151.101.0.0/16")) + world.path(web.redirect(world.secret))
    for route in (CHECK, SNAPSHOT):
        world.goes_in(route, url, "A page at a public address sends its visitors on to another page there.")
    a_turning_name_gains_nothing(world)


def a_turning_name_gains_nothing(world):
    """A name that means something public first and something inside later leads nowhere inside."""
    for looks in (1, 2, 3):
        public, private = [one_of("151.101.0.0/16")], [one_of("192.168.0.0/16")]
        for route in (CHECK, SNAPSHOT, REFRESH):
            url = world.named(*[public] * looks, private) + world.secret
            about = f"The name in this URL means {public[0]}, and from look-up {looks + 1} on {private[0]}."
            cause = (
                "the name is looked up and judged, and then looked up again to connect: "
                "what was judged is not what was connected to."
            )
            because_of = PRESS if route == SNAPSHOT else cause
            world.stays_out(route, url, about, because_of, DOORS, on_the_way=public, may_read=True)


def test_what_is_listed_is_let_through(start_shelf, web):
    """ALLOWED_PRIVATE_HOSTS lets through the addresses and networks that it lists, and no others."""
    third = random.randint(1, 200)
    single = f"192.168.{third}.{random.randint(10, 19)}"
    listed = f"{single}, 10.{third}.4.0/22 ,fd12:{third}::/32"
    shelf = start_shelf(env={"ALLOWED_PRIVATE_HOSTS": listed})
    world = World(shelf, web)
    about = f"ALLOWED_PRIVATE_HOSTS is {listed!r}."
    for address in (single, f"10.{third}.{random.randint(4, 7)}.9", f"[fd12:{third}::{random.randint(1, 99)}]"):
        for route in (CHECK, SNAPSHOT):
            world.goes_in(route, f"http://{address}:{world.port}{world.secret}", f"{about} {address} is in it.")
    world.goes_in(CHECK, world.named(single) + world.secret, f"{about} The name in this URL means {single}.")
    beside = (f"{single}{random.randint(0, 9)}", f"10.{third}.8.1", f"10.{third}.3.255", "[fd13::1]", "127.0.0.1")
    for address in beside:
        url = f"http://{address}:{world.port}{world.secret}"
        cause = "the list is compared as text, or one entry in it opens the fence for all."
        world.stays_out_everywhere(url, f"{about} {address} is not in it.", cause, LISTED)


# What the steps share


class World:
    """The service, and a page that it can reach at every address there is."""

    def __init__(self, shelf, web):
        self.caller = shelf.sign_up()
        self.roads = Roads(shelf, web)
        self.port = self.roads.port
        self.word = f"Secret{secrets.token_hex(4)}"
        self.page = web.page(self.word, body=f"<html><title>{self.word}</title><p>{self.word}</p></html>")
        self.secret = self.path(self.page)

    @staticmethod
    def path(page):
        """The path of a page, which is the same at every address."""
        return "/" + page.url.split("/", 3)[3]

    def named(self, *meanings):
        """The origin of a new name, which means one address or, look-up by look-up, several lists of them."""
        lists = [[each] if isinstance(each, str) else each for each in meanings]
        return self.roads.name(f"{secrets.token_hex(5)}.example", *lists)

    def ask(self, route, url):
        """Let the service fetch a page; return its answer, and whether the page was read."""
        before = self.page.visits
        if route == REFRESH:
            number = self.caller.post(BOOKMARKS, json={"url": url}).expect(201)["id"]
            answer = self.caller.post(REFRESH, json={"ids": [number]}).expect(200)
            return answer, self.page.visits > before
        answer = self.caller.get(route, params={"url": url}).expect(200, 502)
        return answer, self.page.visits > before

    def stays_out(self, route, url, about, cause, look, *, on_the_way=(), may_read=False):
        """Fail the step if the service connects to anything but what is public `on_the_way`, or reads the page."""
        answer, read = self.ask(route, url)
        reached = [each for each in self.roads.new() if each not in on_the_way]
        kept_out = not reached and (may_read or not read)
        late = route == CHECK and self.word not in answer.text
        assert kept_out, because(
            saw=f"{about} Shelf has connected to {' and '.join(reached) or 'it'}"
            f"{' and asked for the page' if read else ''}: {answer}",
            expected="no connection; the page counts as one that cannot be reached.",
            cause=LATE if late else cause,
            look=look,
        )

    def stays_out_everywhere(self, url, about, cause, look=DOORS, *, on_the_way=()):
        """Fail the step if any of the routes that fetch pages connects to anything inside."""
        for route in (CHECK, REFRESH, SNAPSHOT):
            self.stays_out(route, url, about, PRESS if route == SNAPSHOT else cause, look, on_the_way=on_the_way)

    def goes_in(self, route, url, about):
        """Fail the step unless the page is read."""
        answer, _ = self.ask(route, url)
        self.roads.new()
        found = answer.status == 200 and self.word in answer.text
        assert found, because(
            saw=f"{about} Shelf has not read the page: {answer}",
            expected=f"the page's title, {self.word}.",
            cause=why_closed(about),
            look=LISTED if "ALLOWED" in about else INSIDE,
        )


def why_closed(about):
    """What keeps a page from being read that should be."""
    if "ALLOWED" in about:
        return "the list is not used, or not where connections are made, or its networks are not understood."
    if "sends" in about:
        return "redirects are not followed at all; to look at each connection is enough."
    return "the fence is too wide: it judges by the beginning of an address, or lets nobody out."


def addresses_inside():
    """Yield addresses as they stand in a URL, one of each kind, and what kind that is."""
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"):
        yield one_of(network), f"one of {network}, {PLAIN}"
    yield "0.0.0.0", f"this machine, {PLAIN}"
    for number, form in ((int(IPv4Address(one_of("127.0.0.0/8"))), form) for form in (hex, str, octal)):
        yield form(number), f"{IPv4Address(number)}, {ODD}"
    yield f"127.{random.randint(1, 255)}", f"127.0.0.x, {ODD}"
    yield one_of("100.64.0.0/10"), f"one of 100.64.0.0/10, {SHARED}"
    yield one_of("224.0.0.0/4"), f"one of 224.0.0.0/4, {MULTICAST}"
    for address in ("::1", "::", one_of("fc00::/7"), one_of("fe80::/10")):
        yield f"[{address}]", PLAIN
    yield f"[{one_of('ff00::/8')}]", MULTICAST
    for wrapped in (0xFFFF << 32, 0x64FF9B << 96):
        yield f"[{IPv6Address(wrapped + int(IPv4Address(one_of('10.0.0.0/8'))))}]", WRAPPED
    yield f"[{IPv6Address((0x2002 << 112) + (int(IPv4Address(one_of('127.0.0.0/8'))) << 80) + 1)}]", WRAPPED


PLAIN = "inside"
ODD = "written in an odd form"
SHARED = "which providers share with their customers"
MULTICAST = "multicast"
WRAPPED = "an IPv6 address that wraps an IPv4 address which is inside"


def why_inside(kind):
    """What lets an address of this kind through."""
    if ODD in kind:
        return "a look at the text of a URL: the system's look-up understands numbers in many forms."
    if SHARED in kind:
        return "to Python, this address is not `is_private`; it is not `is_global` either."
    if MULTICAST in kind:
        return "to Python, multicast is `is_global`; it has a property of its own."
    if WRAPPED in kind:
        return "Python judges the outer address; the inner one is never looked at."
    return "nobody looks at the address of a connection; where only look-ups are judged, a bare address needs none."


def addresses_outside():
    """Yield public addresses, some of which begin as private ones do."""
    yield from (one_of("172.32.0.0/11"), one_of("192.169.0.0/16"), one_of("100.128.0.0/9"), one_of("11.0.0.0/8"))
    if speaks_ipv6():
        yield f"[{one_of('2606:4700::/32')}]"
        yield f"[64:ff9b::{one_of('8.8.0.0/16')}]"


def speaks_ipv6():
    """Whether this machine can open such a socket."""
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return False
    return True


def octal(number):
    """An IPv4 address as octal numbers with dots between them."""
    return ".".join(f"0{part:o}" for part in IPv4Address(number).packed)


def one_of(network):
    """An address of a network, but neither its first nor its last."""
    network = ip_network(network)
    return str(network[random.randint(1, min(network.num_addresses, 2**64) - 2)])

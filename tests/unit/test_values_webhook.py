"""Webhook addresses: where the product may be made to send something."""

import pytest

from webui.values import Refused, webhook_url

REFUSED = {
    "http": "http://hooks.example.com/",
    "ftp": "ftp://hooks.example.com/",
    "javascript": "javascript://hooks.example.com/%0aalert(1)",
    "no scheme": "hooks.example.com/calls",
    "relative to the scheme": "//hooks.example.com/",
    "one slash": "https:/hooks.example.com/",
    "three slashes": "https:///hooks.example.com/",
    "no host": "https://",
    "only a path": "https:///calls",
    "user": "https://user@hooks.example.com/",
    "user and password": "https://user:password@hooks.example.com/",
    "empty user": "https://@hooks.example.com/",
    "user that looks like a host": "https://hooks.example.com@evil.example/",
    "fragment": "https://hooks.example.com/#part",
    "empty fragment": "https://hooks.example.com/#",
    "tab": "https://hooks.exam\tple.com/",
    "newline": "https://hooks.example.com/\nHost: evil",
    "newline at the end": "https://hooks.example.com/\n",
    "space": "https://hooks.example.com/a b",
    "no-break space": "https://hooks.example.com/\u00a0",
    "backslash": "https://hooks.example.com\\@evil.example/",
    "nul": "https://hooks.example.com/\0",
    "delete": "https://hooks.example.com/\x7f",
    "port 80": "https://hooks.example.com:80/",
    "port 0": "https://hooks.example.com:0/",
    "port 8080": "https://hooks.example.com:8080/",
    "port 4430": "https://hooks.example.com:4430/",
    "port 65979, which is 443 in 16 bits": "https://hooks.example.com:65979/",
    "empty port": "https://hooks.example.com:/",
    "empty port at the end": "https://hooks.example.com:",
    "named port": "https://hooks.example.com:https/",
    "signed port": "https://hooks.example.com:+443/",
    "full-width port": "https://hooks.example.com:４４３/",
    "two ports": "https://hooks.example.com:443:443/",
    "ipv4": "https://192.0.2.1/",
    "ipv4 loopback": "https://127.0.0.1/",
    "metadata service": "https://169.254.169.254/latest/meta-data/",
    "ipv4 with a dot at the end": "https://127.0.0.1./",
    "decimal": "https://2130706433/",
    "hex": "https://0x7f000001/",
    "hex part": "https://0x7f.1/",
    "short": "https://127.1/",
    "octal": "https://0177.0.0.1/",
    "octal last": "https://127.0.0.01/",
    "too large": "https://999.1.1.1/",
    "full-width": "https://１２７.0.0.1/",
    "circled": "https://①②⑦.⓪.⓪.①/",
    "ideographic stop": "https://127。0。0。1/",
    "ipv6": "https://[::1]/",
    "ipv6 with port": "https://[2001:db8::1]:443/",
    "ipv4 in ipv6": "https://[::ffff:127.0.0.1]/",
    "ipv6 with zone": "https://[fe80::1%25eth0]/",
    "future address": "https://[v1.example.com]/",
    "unclosed bracket": "https://[::1/",
    "name in brackets": "https://[hooks.example.com]/",
    "number as last label": "https://hooks.example.1/",
    "hex as last label": "https://hooks.0xcafe/",
    "localhost": "https://localhost/",
    "localhost in capitals": "https://LOCALHOST/",
    "localhost with a dot": "https://localhost./",
    "under localhost": "https://hooks.localhost/",
    "local": "https://printer.local/",
    "local with a dot": "https://printer.local./",
    "local, ideographic stop": "https://printer。local/",
    "internal": "https://metadata.google.internal/",
    "localdomain": "https://localhost.localdomain/",
    "home.arpa": "https://router.home.arpa/",
    "home.arpa itself": "https://home.arpa/",
    "no dot": "https://intranet/",
    "underscore": "https://my_hooks.example.com/",
    "percent in the host": "https://hooks%2eexample.com/",
    "empty label": "https://hooks..example.com/",
    "two dots at the end": "https://hooks.example.com../",
    "hyphen": "https://-hooks.example.com/",
    "broken punycode": "https://xn--a.example/",
    "label of 64": "https://" + "x" * 64 + ".example/",
    "fraction slash host": "https://hooks.example.com\u2044.evil.example/",
    "letters beyond ASCII in the path": "https://hooks.example.com/é",
    "broken percent escape": "https://hooks.example.com/%zz",
    "unfinished percent escape": "https://hooks.example.com/%2",
    "angle bracket": "https://hooks.example.com/<x>",
    "quote": 'https://hooks.example.com/"x"',
    "braces in the query": "https://hooks.example.com/?a={b}",
}

ACCEPTED = [
    ("https://hooks.example.com", "https://hooks.example.com"),
    ("https://hooks.example.com/", "https://hooks.example.com/"),
    ("  https://hooks.example.com/calls ", "https://hooks.example.com/calls"),
    ("HTTPS://Hooks.Example.COM/Calls", "https://hooks.example.com/Calls"),
    ("https://hooks.example.com:443/calls", "https://hooks.example.com/calls"),
    ("https://hooks.example.com:8443/calls", "https://hooks.example.com:8443/calls"),
    ("https://hooks.example.com./calls", "https://hooks.example.com/calls"),
    ("https://bücher.example/", "https://xn--bcher-kva.example/"),
    ("https://1.example.com/", "https://1.example.com/"),
    (
        "https://hooks.example.com/%7Ea/%2F?q=%20&r=1",
        "https://hooks.example.com/%7Ea/%2F?q=%20&r=1",
    ),
    ("https://hooks.example.com/@user:x;y=1", "https://hooks.example.com/@user:x;y=1"),
    ("https://hooks.example.com/?token=a/b?c", "https://hooks.example.com/?token=a/b?c"),
    ("https://localhost.example.com/", "https://localhost.example.com/"),
    ("https://internal.thelocal.se/", "https://internal.thelocal.se/"),
    ("", None),
    ("   ", None),
]


class TestWebhookUrl:
    @pytest.mark.parametrize("typed", REFUSED.values(), ids=REFUSED.keys())
    def test_refuses(self, typed):
        with pytest.raises(Refused):
            webhook_url(typed)

    @pytest.mark.parametrize(("typed", "stored"), ACCEPTED)
    def test_stores_one_spelling(self, typed, stored):
        assert webhook_url(typed) == stored

    def test_takes_2048_characters_and_not_2049(self):
        longest = "https://hooks.example.com/".ljust(2_048, "x")
        assert webhook_url(longest) == longest
        with pytest.raises(Refused, match="2,048"):
            webhook_url(longest + "x")

    def test_counts_the_stored_spelling(self):
        typed = "https://bücher.example/".ljust(2_048, "x")
        with pytest.raises(Refused, match="2,048"):
            webhook_url(typed)

    def test_no_message_repeats_the_address(self):
        for typed in (
            "https://hooks.example.com/#hunter2",
            "https://hunter2/",
            "http://hunter2.de",
        ):
            with pytest.raises(Refused) as caught:
                webhook_url(typed)
            assert "hunter2" not in str(caught.value)

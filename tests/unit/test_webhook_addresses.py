"""The address guard: which addresses a delivery may be made to."""

import ipaddress
import queue
import threading

import pytest

from webui.webhooks.delivery.addresses import (
    Blocked,
    NotFound,
    TooLate,
    check_addresses,
    is_public,
    resolve_host,
    system_resolver,
    target,
)

_PRIVATE = """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.0.0.1 10.255.255.255 100.64.0.0 100.100.100.200
100.127.255.255 127.0.0.0 127.0.0.1 127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254
169.254.170.2 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.192 192.0.0.255
192.0.2.0 192.0.2.255 192.31.196.0 192.31.196.255 192.52.193.0 192.52.193.255 192.88.99.0
192.88.99.255 192.168.0.0 192.168.255.255 192.175.48.0 192.175.48.255 198.18.0.0 198.19.255.255
198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0 224.0.0.1 239.255.255.255
240.0.0.0 255.255.255.254 255.255.255.255
:: ::1 ::127.0.0.1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:7f00:1
64:ff9b::127.0.0.1 64:ff9b::808:808 64:ff9b:1::1 100::1 100:0:0:1::1 1fff:ffff::1
2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:1ff:ffff::1 2001:db8::
2001:db8:ffff::1 2002:: 2002:7f00:1::1 2002:a9fe:a9fe:: 2002:ffff::1 2620:4f:8000::1
2620:4f:8000:ffff::1 3ffe::1 3ffe:ffff::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 fc00::1
fd00:ec2::254 fd20:ce::254 fdff::1 fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 feff::1 ff02::1
ff0e::1 2606:4700:4700::1111%eth0 fe80::1%1
"""
_PUBLIC = """
1.0.0.0 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255
192.0.1.0 192.0.1.255 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0
192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0 198.17.255.255
198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255
2000::1 2001:200::1 2001:db7:ffff::1 2001:db9::1 2001:4860:4860::8888 2003::1 2606:4700:4700::1111
2620:4f:7fff:ffff::1 2620:4f:8001::1 3ffd:ffff::1 3fff:1000::1
"""
# Dotted strings that some resolvers take for addresses, and spellings of this machine.
_NO_NAMES = """
2130706433 0x7f.1 0x7f000001 127.1 127.0.1 0177.0.0.1 017700000001 1.2.3.0x 127.0.0.1.
１２７.0.0.1 ①②⑦.0.0.1 127。0。0。1 127.0.0.1 0 00000000 [::1] [::ffff:127.0.0.1]
localhost localhost. a.localhost printer.local vault.internal nas.home.arpa intranet
"""
PRIVATE, PUBLIC, NO_NAMES = _PRIVATE.split(), _PUBLIC.split(), _NO_NAMES.split()


class TestIsPublic:
    @pytest.mark.parametrize("text", PRIVATE)
    def test_no(self, text):
        assert not is_public(ipaddress.ip_address(text))

    @pytest.mark.parametrize("text", PUBLIC)
    def test_yes(self, text):
        assert is_public(ipaddress.ip_address(text))

    def test_lets_nothing_pass_that_python_knows_to_be_closed(self):
        blocks = [
            ipaddress.ip_address(f"{first}.{second}.0.1")
            for first in range(256)
            for second in range(256)
        ]
        assert [a for a in blocks if is_public(a) and not a.is_global] == []


class TestJudge:
    @pytest.mark.parametrize("text", PRIVATE)
    def test_refuses_a_private_address(self, text):
        with pytest.raises(Blocked):
            check_addresses([text], ())

    @pytest.mark.parametrize("text", ["10.0.0.1", "::1", "fe80::1%eth0"])
    def test_refuses_all_for_one_that_is_private(self, text):
        for mixed in ([text, "8.8.8.8"], ["8.8.8.8", text], ["2001:4860:4860::8888", text]):
            with pytest.raises(Blocked):
                check_addresses(mixed, ())

    def test_gives_public_ones_in_their_order(self):
        texts = ["2001:4860:4860::8888", "8.8.8.8", "1.1.1.1"]
        assert [str(address) for address in check_addresses(texts, ())] == texts

    def test_refuses_what_is_no_address(self):
        for text in ("", "hooks.example.com", "1.2.3", "8.8.8.8 ", "0x8.8.8.8"):
            with pytest.raises(Blocked):
                check_addresses([text], ())

    def test_no_address_is_not_found(self):
        with pytest.raises(NotFound):
            check_addresses([], ())

    def test_opened_networks_pass_and_nothing_beside_them(self):
        allow = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8")]
        assert len(check_addresses(["10.1.2.3", "fd12::1", "8.8.8.8"], allow)) == 3
        for text in ("10.2.0.1", "127.0.0.1", "fc00::1", "::ffff:10.1.2.3", "::10.1.2.3"):
            with pytest.raises(Blocked):
                check_addresses(["10.1.2.3", text], allow)


class TestTarget:
    @pytest.mark.parametrize("name", NO_NAMES)
    def test_refuses_names_that_are_addresses_or_local(self, name):
        for url in (f"https://{name}/", f"https://{name}:8443/hook"):
            with pytest.raises(Blocked):
                target(url)

    @pytest.mark.parametrize(
        "url", ["", "http://hooks.example.com/", "https://hooks.example.com:80/", "gopher://a.b/"]
    )
    def test_refuses_what_the_form_refuses(self, url):
        with pytest.raises(Blocked):
            target(url)

    @pytest.mark.parametrize(
        ("url", "host", "port"),
        [
            ("https://hooks.example.com/", "hooks.example.com", 443),
            ("https://hooks.example.com:8443/x?y=:1", "hooks.example.com", 8443),
            ("https://hooks.example.com?y=a@b/1:2", "hooks.example.com", 443),
            ("https://Bücher.example/", "xn--bcher-kva.example", 443),
        ],
    )
    def test_gives_host_and_port(self, url, host, port):
        assert target(url)[:2] == (host, port)

    def test_gives_the_normal_form(self):
        assert target("https://HOOKS.example.com:443/x")[2] == "https://hooks.example.com/x"


class TestResolve:
    def test_asks_once(self):
        asked = []

        def resolver(host):
            asked.append(host)
            return ["8.8.8.8"]

        assert resolve_host("hooks.example.com", resolver, 5) == ["8.8.8.8"]
        assert asked == ["hooks.example.com"]

    @pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
    def test_a_name_without_address_is_not_found(self, error):
        def resolver(_host):
            raise error

        with pytest.raises(NotFound):
            resolve_host("hooks.example.com", resolver, 5)

    def test_a_resolver_that_does_not_answer_is_given_up(self):
        """Its thread is left behind, and does not keep the process from ending."""
        answer, asking = threading.Event(), queue.SimpleQueue()

        def resolver(_host):
            asking.put(threading.current_thread())
            answer.wait()
            return ["8.8.8.8"]

        with pytest.raises(TooLate):
            resolve_host("hooks.example.com", resolver, 0.01)
        answer.set()
        thread = asking.get(timeout=60)
        assert (thread.name, thread.daemon) == ("webhook-resolver", True)

    def test_the_system_names_each_address_once(self):
        assert system_resolver("127.0.0.1") == ["127.0.0.1"]

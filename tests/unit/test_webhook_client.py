"""One POST to a customer's address: what is sent, and every way a receiver can be hostile."""

import gzip
import ipaddress
import socket
import ssl
import threading
from datetime import timedelta

import pytest

from tests.receivers import HOST, OK, Authority, nobody, read_request, receiving
from tests.unit.test_webhook_addresses import PRIVATE
from webui.webhooks.delivery import client
from webui.webhooks.delivery.client import BODY_LIMIT, Problem, Transport, open_socket, post

URL = f"https://{HOST}/calls?key=1"
# Seconds: enough for a machine under load, and what a receiver that stalls gets.
PATIENT, SHORT = 30, 0.3


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def send(receiver, seconds=PATIENT, url=URL, outside=None):
    return post(url, b'{"a":1}', {"webhook-id": "msg_1"}, seconds, outside or receiver.outside)


def status(head: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {head}\r\n\r\n".encode() + body


class TestRequest:
    def test_is_one_plain_post(self, authority):
        with receiving(authority) as receiver:
            answer = send(receiver)
        [request] = receiver.requests
        assert request.line == "POST /calls?key=1 HTTP/1.1"
        assert request.body == b'{"a":1}'
        assert request.headers == {
            "host": HOST,
            "webhook-id": "msg_1",
            "accept-encoding": "identity",
            "connection": "close",
            "content-length": "7",
        }
        assert (answer.status, answer.problem, answer.tls) == (200, None, "TLSv1.3")

    def test_names_the_port_that_is_not_the_usual_one(self, authority):
        with receiving(authority) as receiver:
            send(receiver, url=f"https://{HOST}:8443/x")
        assert receiver.requests[0].headers["host"] == f"{HOST}:8443"

    def test_sends_the_name_in_tls(self, authority):
        names = []
        context = authority.server()
        context.sni_callback = lambda _connection, name, _context: names.append(name)
        with receiving(authority, context=context) as receiver:
            send(receiver)
        assert names == [HOST]

    def test_asks_no_proxy(self, authority, monkeypatch):
        with receiving(authority) as proxy, receiving(authority) as receiver:
            for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            assert send(receiver).status == 200
        assert (proxy.connections, receiver.connections) == (0, 1)

    @pytest.mark.parametrize("answered", [204, 299, 400, 404, 410, 429, 500, 503])
    def test_reports_the_status(self, authority, answered):
        with receiving(authority, status(f"{answered} Whatever\r\nContent-Length: 0")) as receiver:
            assert send(receiver).status == answered

    @pytest.mark.parametrize(
        ("head", "seconds"),
        [
            ("429 Too Many\r\nRetry-After: 90", 90),
            ("503 Busy\r\nretry-after: 90\r\nRetry-After: 91", 90),
            ("503 Busy", None),
            ("503 Busy\r\nRetry-After: \xfc", None),
            ("500 Oops\r\nRetry-After: 90", None),
            ("302 Found\r\nRetry-After: 90", None),
        ],
    )
    def test_reports_when_to_come_back(self, authority, head, seconds):
        pause = None if seconds is None else timedelta(seconds=seconds)
        raw = f"HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
        with receiving(authority, raw) as receiver:
            assert send(receiver).asked_pause == pause


class TestAddresses:
    """No connection may be made: they are counted at a listener."""

    @pytest.mark.parametrize("text", PRIVATE)
    def test_a_private_address_is_not_connected_to(self, authority, text):
        with receiving(authority) as receiver:
            for found in ([text], ["8.8.8.8", text]):
                answer = send(receiver, outside=receiver.world(*found, allow=()))
                assert (answer.problem, answer.status) == (Problem.BLOCKED, None)
        assert receiver.connections == 0

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "2130706433", "0x7f.1", "１２７.0.0.1", "[::1]", "localhost", "a.local"],
    )
    def test_a_literal_or_local_name_is_not_even_resolved(self, authority, host):
        def resolver(_host):
            raise AssertionError("it was resolved")

        with receiving(authority) as receiver:
            outside = Transport(resolver=resolver, connector=receiver.outside.connector)
            answer = send(receiver, url=f"https://{host}/", outside=outside)
        assert (answer.problem, receiver.connections) == (Problem.BLOCKED, 0)

    def test_a_name_that_changes_its_address_is_asked_once(self, authority):
        answers = iter([["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1"]])
        dialled = []
        with receiving(authority) as receiver:

            def connector(address, port, seconds):
                dialled.append(str(address))
                return receiver.outside.connector(address, port, seconds)

            world = receiver.outside
            rebinding = Transport(world.allow, lambda _host: next(answers), connector, world.trust)
            assert send(receiver, outside=rebinding).status == 200
            assert send(receiver, outside=rebinding).problem is Problem.BLOCKED
        assert (dialled, receiver.connections) == (["127.0.0.1"], 1)

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("place", ["http://127.0.0.1:{}/", "https://127.0.0.1:{}/", "/again"])
    def test_a_redirect_is_not_followed(self, authority, code, place):
        with receiving(authority) as inside:
            location = place.format(inside.port)
            head = f"{code} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0"
            with receiving(authority, status(head)) as receiver:
                assert send(receiver).status == code
        assert (receiver.connections, inside.connections) == (1, 0)

    def test_a_name_without_address_is_not_found(self, authority):
        def resolver(_host):
            raise socket.gaierror("no such name")

        with receiving(authority) as receiver:
            assert send(receiver, outside=Transport(resolver=resolver)).problem is Problem.NOT_FOUND

    def test_the_next_address_is_tried_when_one_refuses(self, authority):
        dialled = []
        with receiving(authority) as receiver:

            def connector(address, port, seconds):
                dialled.append(str(address))
                if len(dialled) < 3:
                    raise ConnectionRefusedError
                return receiver.outside.connector(address, port, seconds)

            world = receiver.world("127.0.0.2", "127.0.0.3", "127.0.0.4")
            outside = Transport(world.allow, world.resolver, connector, world.trust)
            assert send(receiver, outside=outside).status == 200
        assert dialled == ["127.0.0.2", "127.0.0.3", "127.0.0.4"]

    def test_a_silent_address_leaves_time_for_the_next(self, authority):
        with receiving(authority) as receiver:
            given = []

            def connector(address, port, seconds):
                given.append(seconds)
                if len(given) == 1:
                    raise TimeoutError
                return receiver.outside.connector(address, port, seconds)

            world = receiver.world("127.0.0.2", "127.0.0.3")
            outside = Transport(world.allow, world.resolver, connector, world.trust)
            assert send(receiver, outside=outside).status == 200
        assert given[0] <= PATIENT / 2 < given[1]

    @pytest.mark.parametrize(
        ("error", "problem"),
        [(ConnectionRefusedError, Problem.REFUSED), (TimeoutError, Problem.TIMED_OUT)],
    )
    def test_no_more_than_a_few_addresses_are_tried(self, authority, error, problem):
        dialled = []

        def connector(address, _port, _seconds):
            dialled.append(address)
            raise error

        with receiving(authority) as receiver:
            world = receiver.world(*[f"127.0.1.{n}" for n in range(50)])
            outside = Transport(world.allow, world.resolver, connector, world.trust)
            assert send(receiver, outside=outside).problem is problem
        assert len(dialled) == 4

    def test_nobody_listens(self, authority):
        with nobody(authority) as receiver:
            assert send(receiver).problem is Problem.REFUSED

    def test_a_socket_that_fails_is_closed(self, monkeypatch):
        with pytest.raises(ConnectionRefusedError):
            open_socket(ipaddress.ip_address("127.0.0.1"), 1, 5)


class TestCertificates:
    def test_of_another_name(self, authority):
        context = authority.server("other.example.com")
        with receiving(authority, context=context) as receiver:
            answer = send(receiver)
        assert (answer.problem, answer.tls, receiver.requests) == (Problem.CERTIFICATE, None, [])

    def test_that_ended(self, authority):
        with receiving(authority, context=authority.server(days=-1)) as receiver:
            assert send(receiver).problem is Problem.CERTIFICATE

    def test_of_an_authority_that_nobody_trusts(self, authority, tmp_path):
        with receiving(authority, context=Authority(tmp_path).server()) as receiver:
            assert send(receiver).problem is Problem.CERTIFICATE

    def test_no_tls_at_all(self, authority):
        with receiving(authority, raw=lambda plain: plain.sendall(OK)) as receiver:
            assert send(receiver).problem in (Problem.TLS, Problem.REFUSED)

    def test_too_old_tls(self, authority):
        context = authority.server()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with receiving(authority, context=context) as receiver:
            assert send(receiver).problem is Problem.TLS

    def test_the_machine_s_own_trust_demands_names_and_tls_1_2(self):
        context = client.system_trust()
        assert context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


class TestHostileReceivers:
    def test_one_byte_at_a_time_is_given_up(self, authority):
        dripped = threading.Event()

        def drip(connection):
            for byte in status("200 OK\r\nX-Slow: " + "x" * 10_000):
                connection.sendall(bytes([byte]))
                dripped.wait(SHORT / 20)

        with receiving(authority, drip) as receiver:
            assert send(receiver, SHORT).problem is Problem.TIMED_OUT
            dripped.set()

    def test_a_body_one_byte_at_a_time_is_given_up(self, authority):
        dripped = threading.Event()

        def drip(connection):
            connection.sendall(status("200 OK\r\nContent-Length: 10000"))
            while not dripped.wait(SHORT / 20):
                connection.sendall(b"x")

        with receiving(authority, drip) as receiver:
            assert send(receiver, SHORT).problem is Problem.TIMED_OUT
            dripped.set()

    def test_tls_one_byte_at_a_time_is_given_up(self, authority):
        dripped = threading.Event()

        def drip(plain):
            # The head of a handshake record that promises 16 kB.
            for byte in bytes([22, 3, 3, 64, 0, 2]) + bytes(10_000):
                plain.sendall(bytes([byte]))
                if dripped.wait(SHORT / 20):
                    return

        with receiving(authority, raw=drip) as receiver:
            assert send(receiver, SHORT).problem is Problem.TIMED_OUT
            dripped.set()

    @pytest.mark.parametrize("stage", ["before TLS", "after the request"])
    def test_nothing_at_all_is_given_up(self, authority, stage):
        over = threading.Event()

        def silent(_connection):
            over.wait()

        talk = {"raw": silent} if stage == "before TLS" else {"answer": silent}
        with receiving(authority, **talk) as receiver:
            answer = send(receiver, SHORT)
            over.set()
        assert answer.problem is Problem.TIMED_OUT
        assert answer.tls == (None if stage == "before TLS" else "TLSv1.3")
        assert answer.duration_ms >= SHORT * 1000 - 1

    def test_endless_informational_answers_are_given_up(self, authority):
        over = threading.Event()

        def inform(connection):
            while not over.is_set():
                connection.sendall(status("103 Early Hints\r\nLink: x"))

        with receiving(authority, inform) as receiver:
            assert send(receiver, SHORT).problem is Problem.TIMED_OUT
            over.set()

    @pytest.mark.parametrize("framing", ["Content-Length: 10000000000", "X-Framing: none"])
    def test_a_huge_body_is_left_unread(self, authority, framing):
        sent = []

        def flood(connection):
            connection.sendall(status(f"200 OK\r\n{framing}"))
            for _ in range(10_000):
                connection.sendall(b"x" * 65_536)
                sent.append(65_536)

        with receiving(authority, flood) as receiver:
            assert send(receiver).status == 200
        assert sum(sent) < 100 * BODY_LIMIT + 20_000_000

    def test_a_gzip_bomb_stays_packed(self, authority):
        packed = gzip.compress(b"\0" * 3_000_000)
        head = f"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}"
        with receiving(authority, status(head, packed)) as receiver:
            assert send(receiver).status == 200

    def test_a_body_that_is_not_what_it_says_does_not_matter(self, authority):
        head = "200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8"
        with receiving(authority, status(head, b"not gzip")) as receiver:
            assert send(receiver).status == 200

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"hello\r\n\r\n",
            b"HTTP/1.1 2OO OK\r\n\r\n",
            status("200 OK\r\nContent-Length: -1"),
            status("200 OK\r\nContent-Length: 10", b"short"),
            status("200 OK\r\nTransfer-Encoding: chunked", b"zz\r\n"),
            status("200 OK\r\nX: " + "x" * 300_000),
            status("200 OK\r\n" + "X: y\r\n" * 60_000 + "Z: 1"),
        ],
        ids=["nothing", "no HTTP", "letters", "negative", "cut off", "chunks", "line", "headers"],
    )
    def test_no_proper_answer_is_a_problem(self, authority, answer):
        with receiving(authority, answer) as receiver:
            answer = send(receiver)
        assert (answer.status, answer.problem) in [
            (None, Problem.PROTOCOL),
            (None, Problem.REFUSED),
        ]

    def test_an_answer_before_the_request_was_read_counts(self, authority):
        with receiving(authority, status("413 Too Large\r\nContent-Length: 0")) as receiver:
            assert send(receiver).status == 413

    def test_a_connection_that_breaks_is_a_problem(self, authority):
        def hang_up(plain):
            plain.recv(100)

        with receiving(authority, raw=hang_up) as receiver:
            assert send(receiver).problem in (Problem.REFUSED, Problem.TLS)


def test_a_receiver_of_these_tests_reads_whole_requests(authority):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
        assert read_request(theirs).body == b"abc"

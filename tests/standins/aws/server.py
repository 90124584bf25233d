"""The strict stand-in: an HTTP server on loopback that a real boto3 client takes for AWS."""

import copy
import re
import socket
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final

from tests.standins.aws import permissions, protocols, remote, seed, storage
from tests.standins.aws.errors import ApiError
from tests.standins.aws.faults import Fault
from tests.standins.aws.protocols import Request
from tests.standins.aws.state import DEFAULT_ACCOUNT, Call, Region, World, action_of
from tests.standins.aws.storage import Answer

_CREDENTIAL: Final = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


class StrictAws:
    """AWS as `aws-lambda` facts describe it. Everything it was asked is in `calls`; `world` is its memory."""

    def __init__(self, world: World | None = None, *, port: int = 0) -> None:
        self.world = world or World()
        self.stopping = threading.Event()
        handler = type("Handler", (_Handler,), {"aws": self})
        self._server = _Server(("127.0.0.1", port), handler)
        self.endpoint_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.world.endpoint = self.endpoint_url
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._numbers = 0
        self.crashes: list[str] = []
        self.strangers: list[str] = []  # requests that no AWS client signs

    def start(self) -> None:
        """Serve, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; whatever hangs is let go."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in the order in which they ended."""
        return self.world.calls

    @property
    def writes(self) -> list[Call]:
        """The calls that change something."""
        reads = ("Get", "List", "Describe", "Head", "Assume")
        return [call for call in self.calls if not call.operation.startswith(reads)]

    def forget_calls(self) -> None:
        """Begin counting calls at 1 again."""
        with self.world.lock:
            self.world.calls.clear()
            self._numbers = 0

    def env(self, *, account: str = DEFAULT_ACCOUNT, region: str = "us-east-1") -> dict[str, str]:
        """Return the settings with which a client reaches the stand-in: a 12-digit access key is the account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def fault(self, call: int | str, fault: Fault, *, skip: int = 0, times: int = 1) -> None:
        """Plan a fault, see `faults`. `call` is a call's number, from 1, or an operation: "PublishLayerVersion"."""
        self.world.faults.add(call, fault, skip=skip, times=times)

    def deny(self, action: str, resource: str = "*") -> None:
        """Take a permission away, `lambda:GetFunction` and the like, on resources that a glob matches."""
        self.world.denied.append((action, resource))

    def permit_only(self, policy: Mapping[str, Any]) -> None:
        """Hold every call from now on against an IAM policy document."""
        self.world.policy = list(policy["Statement"])

    # seeding, without a call being recorded
    def add_function(self, name: str, **settings: Any) -> str:
        """Add a function as if it had always been there; return its ARN. See `seed.add_function`."""
        return seed.add_function(self.world, name, **settings)

    def add_layer_version(self, name: str, **settings: Any) -> str:
        """Add a layer version; return its ARN. See `seed.add_layer_version`."""
        return seed.add_layer_version(self.world, name, **settings)

    def region(self, name: str = "us-east-1", account: str = DEFAULT_ACCOUNT) -> Region:
        """Return what an account has in a region, to look into or to edit."""
        return self.world.region(account, name)

    def layers_of(self, name: str, *, region: str = "us-east-1", account: str = DEFAULT_ACCOUNT) -> list[str]:
        """Return the layer list of a function."""
        return list(self.region(region, account).functions[name].configuration.layers)

    def snapshot(self) -> dict[tuple[str, str], Region]:
        """Return all accounts and regions as they are."""
        with self.world.lock:
            return copy.deepcopy(self.world.regions)

    def restore(self, snapshot: Mapping[tuple[str, str], Region]) -> None:
        """Put everything back as it was; calls and faults are forgotten."""
        with self.world.lock:
            self.world.regions = copy.deepcopy(dict(snapshot))
        self.world.faults.clear()
        self.forget_calls()

    # serving
    def handle(self, method: str, target: str, headers: Any, body: bytes) -> Answer | None:
        """Answer one request; None to drop the connection."""
        if target.startswith("/_content/"):
            return self._content(method, target, headers)
        if target.startswith(remote.PREFIX):
            return remote.obey(self, method, target, body)
        if "Authorization" not in headers:
            self.strangers.append(f"{method} {target}")
            return Answer(status=404)
        key, region_name, service = _credential(headers, target)
        with self.world.lock:
            self._numbers += 1
            number = self._numbers
        account, caller = self._caller(key)
        region = self.world.region(account, region_name)
        caller = caller or region.caller
        try:
            request = protocols.understand(service, method, target, headers, body)
        except ApiError as error:
            return protocols.refusal(service, error)
        return self._with_faults(number, request, region, caller, key)

    def _with_faults(self, number: int, request: Request, region: Region, caller: str, key: str) -> Answer | None:
        fault = self.world.faults.take(number, request.operation)
        _run(fault.before)
        if fault.error:
            self._record(number, request, region, fault.error.code)
            return protocols.refusal(request.service, fault.error)
        answer = self._perform(number, request, region, caller, key, fault)
        _run(fault.after)
        if fault.seconds:
            self.stopping.wait(fault.seconds)
        return None if fault.drop else answer

    def _perform(
        self, number: int, request: Request, region: Region, caller: str, key: str, fault: Fault
    ) -> Answer | None:
        if not fault.done:
            self._record(number, request, region, "lost")
            return None
        with self.world.lock:
            try:
                self._admit(request, region, key)
                answer = protocols.perform(self.world, region, request, caller)
            except ApiError as error:
                self._record(number, request, region, error.code)
                return protocols.refusal(request.service, error)
            self._record(number, request, region, "lost" if fault.drop else str(answer.status))
            return answer

    def _admit(self, request: Request, region: Region, key: str) -> None:
        if self.world.expired & {key, "*"}:
            raise ApiError("ExpiredTokenException")
        if request.service == "lambda":
            self._pace(request, region)
        action = action_of(request.service, request.operation)
        resource = protocols.resource_of(request, region)
        permissions.demand(self.world, region, action, resource)

    def _pace(self, request: Request, region: Region) -> None:
        own = request.operation == "GetFunction"
        rate = self.world.limits.get_function_rate if own else self.world.limits.shared_rate
        if rate is None:
            return
        now = self.world.clock()
        tokens, last = region.buckets_of_calls.get("own" if own else "shared", [rate, now])
        tokens = min(rate, tokens + (now - last) * rate)
        region.buckets_of_calls["own" if own else "shared"] = [max(tokens - 1, 0) if tokens >= 1 else tokens, now]
        if tokens < 1:
            raise ApiError("TooManyRequestsException")

    def _record(self, number: int, request: Request, region: Region, outcome: str) -> None:
        call = Call(
            number=number,
            service="cloudwatch" if request.service == "monitoring" else request.service,
            operation=request.operation,
            resource=protocols.resource_of(request, region),
            account=region.account,
            region=region.name,
            parameters={name: value for name, value in request.parameters.items() if name != "Content"},
            at=self.world.clock(),
            outcome=outcome,
        )
        with self.world.lock:
            self.world.calls.append(call)

    def _caller(self, key: str) -> tuple[str, str]:
        """Return the account of a key, and the ARN of the role that it is of, "" for none."""
        if key in self.world.sessions:
            return self.world.sessions[key]
        account = key if re.fullmatch(r"\d{12}", key) else self.world.account
        return account, ""

    def _content(self, method: str, target: str, headers: Any) -> Answer:
        content = self.world.blobs.get(target.removeprefix("/_content/").partition("?")[0])
        if content is None or method != "GET":  # a presigned URL is signed for one method
            return Answer(status=403, body=b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        return storage.ranged(content, headers)


def _run(callback: Callable[[], None] | None) -> None:
    if callback:
        callback()


def _credential(headers: Any, target: str) -> tuple[str, str, str]:
    found = _CREDENTIAL.search(headers.get("Authorization", ""))
    if not found:
        raise ApiError("MissingAuthenticationToken", f"Missing Authentication Token: {target}", status=403)
    key, region, service = found.groups()
    return key, region, service


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed, or has gone away, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    aws: ClassVar[StrictAws]
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self._body()
        try:
            answer = self.aws.handle(self.command, self.path, self.headers, body)
        except ApiError as error:
            answer = protocols.refusal("lambda", error)
        except Exception:  # noqa: BLE001 - a bug of the stand-in must not look like a lost connection
            self.aws.crashes.append(traceback.format_exc())
            answer = Answer(status=500, body=traceback.format_exc().encode())
        if answer is None:
            self._drop()
            return
        self.send_response(answer.status)
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content = b""
        while size := int(self.rfile.readline().strip(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *arguments: Any) -> None:
        """Stay silent."""


@contextmanager
def strict_aws(world: World | None = None) -> Iterator[StrictAws]:
    """Run the stand-in for as long as the block lasts."""
    aws = StrictAws(world)
    aws.start()
    try:
        yield aws
    finally:
        aws.stop()
    if aws.crashes:
        raise AssertionError("the stand-in has a bug:\n" + "\n".join(aws.crashes))

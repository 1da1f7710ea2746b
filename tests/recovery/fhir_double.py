"""A FHIR server in this process, on a real socket: searches in pages, transactions with conditional creates, moods.

Rules kept here:
  * It is as strict as it needs to be: a transaction is done whole or not at all, a condition that two answer to is 412,
    and a reference to nobody is 400.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Resource = dict[str, Any]


class FhirDouble:
    """One server. Moods are used up transaction by transaction: "", "refuse", "hang up before", "hang up after"."""

    def __init__(self, *moods: str, token: str = "", page: int = 2, lacks: tuple[str, ...] = ()) -> None:
        self.held: dict[str, Resource] = {}  # "Type/id"
        self.moods, self.token, self.page, self.lacks = list(moods), token, page, lacks
        self.transactions: list[Resource] = []
        self.searches = 0
        self.next_elsewhere = False
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                double.get(self)

            def do_POST(self) -> None:
                double.post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/fhir"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def put(self, *resources: Resource) -> "FhirDouble":
        """Hold these, as a restored backup does."""
        self.held |= {f"{one['resourceType']}/{one['id']}": one for one in resources}
        return self

    def all(self, kind: str, number: str = "") -> list[Resource]:
        """What it holds of a type, under "system|value" when that is said."""
        found = [one for name, one in self.held.items() if name.startswith(f"{kind}/")]
        return [one for one in found if not number or number in _numbers(one)]

    def get(self, call: BaseHTTPRequestHandler) -> None:
        """A read or a search."""
        parts = urlsplit(call.path)
        name, query = parts.path.removeprefix("/fhir/"), parse_qs(parts.query)
        if self.token and call.headers["Authorization"] != f"Bearer {self.token}":
            return _answer(call, 401, _outcome("login"))
        if "/" in name:
            return _answer(call, 200 if name in self.held else 404, self.held.get(name, _outcome("not-found")))
        if name in self.lacks:
            return _answer(call, 404, _outcome("not-supported"))
        self.searches += 1
        found = self.all(name, query.get("identifier", [""])[0])
        start = int(query.get("start", ["0"])[0])
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "entry": []}
        bundle["entry"] = [{"resource": one} for one in found[start : start + self.page]]
        if start + self.page < len(found):
            base = "http://elsewhere.example/fhir" if self.next_elsewhere else self.url
            bundle["link"] = [{"relation": "next", "url": f"{base}/{name}?start={start + self.page}"}]
        return _answer(call, 200, bundle)

    def post(self, call: BaseHTTPRequestHandler) -> None:
        """A transaction."""
        body = json.loads(call.rfile.read(int(call.headers["Content-Length"])))
        mood = self.moods.pop(0) if self.moods else ""
        if mood == "hang up before":
            return _hang_up(call)
        if mood == "refuse":
            return _answer(call, 422, _outcome("invariant"))
        done = self._done(body)
        if mood == "hang up after":
            return _hang_up(call)
        return _answer(call, *done)

    def _done(self, body: Resource) -> tuple[int, Resource]:
        assert (body["resourceType"], body["type"]) == ("Bundle", "transaction")
        places, made, answers = {}, {}, []
        for entry in body["entry"]:
            resource, request = entry["resource"], entry["request"]
            if request["method"] == "PUT":
                if request["ifMatch"] != f'W/"{self.held[request["url"]]["meta"]["versionId"]}"':
                    return 412, _outcome("conflict")
                places[entry["fullUrl"]] = request["url"]
                made[request["url"]] = resource | {"meta": {"versionId": str(len(self.transactions) + 2)}}
                answers.append({"response": {"status": "200", "location": f"{request['url']}/_history/2"}})
                continue
            [condition] = parse_qs(request["ifNoneExist"])["identifier"]
            there = self.all(resource["resourceType"], condition)
            if len(there) > 1:
                return 412, _outcome("multiple-matches")
            id_ = there[0]["id"] if there else f"{len(self.held) + len(made) + 1000}"
            name = f"{resource['resourceType']}/{id_}"
            places[entry["fullUrl"]] = name
            if not there:
                made[name] = {**resource, "id": id_, "meta": {**resource.get("meta", {}), "versionId": "1"}}
            answers.append({"response": {"status": "200" if there else "201", "location": f"{name}/_history/1"}})
        for name, resource in made.items():
            text = json.dumps(resource)
            for full, place in places.items():
                text = text.replace(f'"{full}"', f'"{place}"')
            if '"reference": "urn:uuid' in text:
                return 400, _outcome("not-found")
            made[name] = json.loads(text)
        self.held |= made
        self.transactions.append(body)
        return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}


def _numbers(resource: Resource) -> set[str]:
    return {f"{one.get('system', '')}|{one.get('value', '')}" for one in resource.get("identifier", [])}


def _outcome(code: str) -> Resource:
    issue = {"severity": "error", "code": code, "diagnostics": "MARTIN said no", "expression": ["Bundle.entry[0]"]}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _answer(call: BaseHTTPRequestHandler, status: int, resource: Resource) -> None:
    data = json.dumps(resource).encode()
    call.send_response(status)
    call.send_header("Content-Type", "application/fhir+json")
    call.send_header("Content-Length", str(len(data)))
    call.end_headers()
    call.wfile.write(data)


def _hang_up(call: BaseHTTPRequestHandler) -> None:
    call.close_connection = True
    call.connection.close()

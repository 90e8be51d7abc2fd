"""Prices fetched over HTTP from a local server, whose files have the form of the vendors' own.

The vendors themselves are not asked: what is proved is the way from such files into the book.
"""

import json
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from modelport.cli import app
from modelport.errors import ConfigError, ServiceError
from modelport.prices import PriceBook
from modelport.prices.overlay import Fetched, overlay_path, read_overlay, write_overlay
from modelport.prices.refresh import Source, refresh

ABOUT = """\
"FormatVersion","v1.0"
"Disclaimer","This pricing list is for informational purposes only."
"Publication Date","2026-11-20T16:02:58Z"
"Version","20261120160258"
"OfferCode","{code}"
"""
TERM = '"SKU","OfferTermCode","RateCode","TermType","PriceDescription","EffectiveDate",'
RANGE = '"StartingRange","EndingRange","Unit","PricePerUnit","Currency",'
EC2 = (
    f'{TERM}{RANGE}"Product Family","serviceCode","Location","Instance Type","Tenancy",'
    '"Operating System","Pre Installed S/W","CapacityStatus","usageType","operation"'
)


def term(kind: str, start: str, unit: str, usd: str) -> str:
    head = f'"A","B","C","{kind}","a price, in words","2026-11-01"'
    return f'{head},"{start}","Inf","{unit}","{usd}","USD",'


def machine(name: str, usd: str, tenancy: str = "Shared", kind: str = "OnDemand") -> str:
    return (
        f"{term(kind, '0', 'Hrs', usd)}"
        f'"Compute Instance","AmazonEC2","EU (Ireland)","{name}","{tenancy}","Linux","NA","Used",'
        f'"EU-BoxUsage:{name}","RunInstances"'
    )


AWS = {
    "AmazonEC2": [
        EC2,
        machine("m5.large", "0.1070000000"),
        machine("m5.large", "0.0600000000", kind="Reserved"),
        machine("m5.large", "0.2000000000", tenancy="Dedicated"),
        machine("z9.large", "1.5000000000"),
        machine("odd.large", "1.0"),
        machine("odd.large", "2.0"),
        f"{term('OnDemand', '0', 'GB-Mo', '0.0880')}"
        '"Storage","AmazonEC2","EU (Ireland)","","","","","","EU-EBS:VolumeUsage.gp3",""',
    ],
    "AmazonSageMaker": [
        f'{TERM}{RANGE}"Product Family","Instance Name","Component"',
        f'{term("OnDemand", "0", "Hrs", "0.128")}"ML Instance","ml.m5.large","Hosting"',
        f'{term("OnDemand", "0", "Hrs", "0.9")}"ML Instance","ml.m5.large","Training"',
    ],
    "AWSLambda": [
        f'{TERM}{RANGE}"Product Family","Group","usageType"',
        f'{term("OnDemand", "0", "Requests", "0.0000002000")}"Serverless","AWS-Lambda-Requests",""',
        f'{term("OnDemand", "0", "Lambda-GB-Second", "0.0000166667")}"Serverless",'
        '"AWS-Lambda-Duration",""',
        f'{term("OnDemand", "6000000000", "Lambda-GB-Second", "0.0000150000")}"Serverless",'
        '"AWS-Lambda-Duration",""',
    ],
    "AmazonECS": [
        f'{TERM}{RANGE}"Product Family","usageType"',
        f'{term("OnDemand", "0", "hours", "0.04456")}"Compute","EU-Fargate-vCPU-Hours:perCPU"',
        f'{term("OnDemand", "0", "hours", "0.00489")}"Compute","EU-Fargate-GB-Hours"',
    ],
}


def azure_item(sku: str, name: str, product: str, usd: float, **more: Any) -> dict[str, Any]:
    service = "Azure App Service" if "Plan" in product else "Virtual Machines"
    return {
        "currencyCode": "USD", "tierMinimumUnits": 0.0, "retailPrice": usd, "unitPrice": usd,
        "armRegionName": "westeurope", "location": "EU West",
        "effectiveStartDate": "2026-01-01T00:00:00Z", "productName": product, "skuName": sku,
        "meterName": sku, "serviceName": service, "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour", "type": "Consumption", "isPrimaryMeterRegion": True,
        "armSkuName": name, **more,
    }  # fmt: skip


LINUX = "Virtual Machines Dsv3 Series"
MACHINES = [
    [
        azure_item("D2s v3", "Standard_D2s_v3", LINUX, 0.12),
        azure_item("D2s v3", "Standard_D2s_v3", f"{LINUX} Windows", 0.2),
        azure_item("D2s v3", "Standard_D2s_v3", LINUX, 900.0, type="Reservation"),
    ],
    [
        azure_item("D2s v3 Spot", "Standard_D2s_v3", LINUX, 0.03),
        azure_item("D2s v3 Low Priority", "Standard_D2s_v3", LINUX, 0.04),
    ],
]
PLANS = [[azure_item("P1 v3", "", "Azure App Service Premium v3 Plan - Linux", 0.171)]]


def google_sku(description: str, nanos: int, usage: str = "OnDemand", unit: str = "h") -> Any:
    return {
        "name": "services/6F81-5844-456A/skus/0", "skuId": "0", "description": description,
        "category": {"serviceDisplayName": "Compute Engine", "resourceFamily": "Compute",
                     "resourceGroup": "CPU", "usageType": usage},
        "serviceRegions": ["europe-west4"],
        "pricingInfo": [{
            "summary": "", "effectiveTime": "2026-11-20T00:00:00Z",
            "pricingExpression": {
                "usageUnit": unit, "baseUnit": "s", "baseUnitConversionFactor": 3600,
                "displayQuantity": 1,
                "tieredRates": [{"startUsageAmount": 0, "unitPrice": {
                    "currencyCode": "USD", "units": "0", "nanos": nanos}}],
            },
        }],
    }  # fmt: skip


GOOGLE = [
    [
        google_sku("N1 Predefined Instance Core running in Netherlands", 34_806_000),
        google_sku("Spot Preemptible N1 Instance Core running in Netherlands", 1, "Preemptible"),
        google_sku("N1 Predefined Instance Ram running in Netherlands", 4_665_000, unit="GiBy.h"),
    ],
    [
        google_sku("G2 Instance Core running in Netherlands", 30_000_000),
        google_sku("G2 Instance Ram running in Netherlands", 3_000_000, unit="GiBy.h"),
        google_sku("Nvidia L4 GPU running in Netherlands", 600_000_000),
    ],
]  # fmt: skip


class Vendors(BaseHTTPRequestHandler):
    """Answers as the vendors' servers do."""

    broken: str = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.broken and self.broken in self.path:
            self._answer(503, b"")
        elif parts.path.startswith("/offers/"):
            code = parts.path.split("/")[4]
            text = ABOUT.format(code=code) + "\n".join(AWS[code]) + "\n"
            self._answer(200, text.encode())
        elif parts.path == "/api/retail/prices":
            self._azure(query)
        elif self.headers.get("X-Goog-Api-Key") != "a-key":
            self._answer(403, b"{}")
        else:
            page = int(query.get("pageToken", 0))
            following = str(page + 1) if page + 1 < len(GOOGLE) else ""
            self._json({"skus": GOOGLE[page], "nextPageToken": following})

    def _azure(self, query: dict[str, str]) -> None:
        pages = PLANS if "App Service" in query["$filter"] else MACHINES
        page = int(query.get("$skip", 0))
        host, port = cast("tuple[str, int]", self.server.server_address)
        following = None
        if page + 1 < len(pages):
            asked = f"$filter={query['$filter']}&$skip={page + 1}".replace(" ", "%20")
            following = f"http://{host}:{port}/api/retail/prices?{asked}"
        self._json({"BillingCurrency": "USD", "Items": pages[page], "NextPageLink": following})

    def _json(self, value: Any) -> None:
        self._answer(200, json.dumps(value).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's name
        """Say nothing."""


@pytest.fixture
def base() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendors)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Vendors.broken = ""
    server.shutdown()
    server.server_close()
    thread.join()


REGIONS = {"aws": ["eu-west-1"], "azure": ["westeurope"], "gcp": ["europe-west4"]}


def fetched(path: Path, base: str, key: str = "a-key") -> Any:
    sources = {name: Source(base, key if name == "gcp" else "") for name in REGIONS}
    return refresh(path, REGIONS, sources, lambda _text, _done: None)


def test_prices_of_all_vendors_go_into_the_book(tmp_path: Path, base: str) -> None:
    path = tmp_path / "data" / "prices.csv"
    found = fetched(path, base)
    assert found.counts == {"aws eu-west-1": 8, "azure westeurope": 3, "gcp europe-west4": 14}
    assert found.doubtful == ("ec2 odd.large eu-west-1",)
    book = PriceBook(fetched=read_overlay(path))

    def hourly(provider: str, service: str, sku: str) -> float:
        price = book.hourly(provider, service, sku, REGIONS[provider][0])
        assert price is not None
        assert price.exact
        assert price.source.startswith(base)
        return price.usd

    assert hourly("aws", "ec2", "m5.large") == 0.107
    assert hourly("aws", "ec2", "z9.large") == 1.5
    assert hourly("aws", "sagemaker-hosting", "ml.m5.large") == 0.128
    assert hourly("azure", "vm", "Standard_D2s_v3") == 0.12
    assert hourly("azure", "app-service-plan-linux", "P1v3") == 0.171
    assert hourly("gcp", "compute-engine", "n1-standard-4") == pytest.approx(
        4 * 0.034806 + 15 * 0.004665
    )
    assert hourly("gcp", "compute-engine", "g2-standard-4") == pytest.approx(
        4 * 0.03 + 16 * 0.003 + 0.6
    )
    spot = book.spot("azure", "vm", "Standard_D2s_v3", "westeurope")
    assert spot is not None
    assert spot.usd == 0.03
    million = book.unit("aws", "lambda", "1M requests", "eu-west-1")
    assert million is not None
    assert (million.usd, million.as_of) == (0.2, "2026-11-20")
    for unit, usd in (("vCPU-hour", 0.04456), ("GB-hour", 0.00489)):
        price = book.unit("aws", "ecs-fargate", unit, "eu-west-1")
        assert price is not None
        assert price.usd == usd
    other = book.hourly("aws", "ec2", "m5.large", "us-east-1")
    assert other is not None
    assert other.usd == 0.096  # what was not fetched is that of the package


@pytest.mark.parametrize("broken", ["AmazonECS", "$skip=1", "pageToken"])
def test_when_a_file_cannot_be_had_nothing_changes(tmp_path: Path, base: str, broken: str) -> None:
    path = tmp_path / "prices.csv"
    fetched(path, base)
    before = path.read_bytes()
    Vendors.broken = broken
    with pytest.raises(ServiceError, match="answered 503"):
        fetched(path, base)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_as_documented_is_refused(
    tmp_path: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "prices.csv"
    with pytest.raises(ServiceError, match="is the key valid"):
        fetched(path, base, key="another")
    with pytest.raises(ServiceError, match="needs a key"):
        fetched(path, base, key="")
    monkeypatch.setitem(AWS, "AmazonECS", [AWS["AmazonECS"][0].replace("PricePerUnit", "Price")])
    with pytest.raises(ServiceError, match="has no column priceperunit"):
        fetched(path, base)
    monkeypatch.setitem(AWS, "AmazonECS", AWS["AWSLambda"][:1])
    with pytest.raises(ServiceError, match="holds no price that the book knows"):
        fetched(path, base)
    for address in ("http://prices.example.com", "ftp://127.0.0.1", "prices"):
        with pytest.raises(ServiceError, match="begins with https"):
            Source(address)
    assert not path.exists()


def test_the_command_writes_where_the_book_reads(
    tmp_path: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELPORT_PRICES")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    words = ["prices", "refresh", "aws", "--region", "aws=eu-west-1", "--from", f"aws={base}"]
    ran = CliRunner().invoke(app, words, catch_exceptions=False)
    assert "aws eu-west-1: 8 prices" in ran.stdout
    assert overlay_path() == tmp_path / "modelport" / "prices.csv"
    book = PriceBook(fetched=read_overlay(overlay_path()))
    assert book.hourly("aws", "ec2", "z9.large", "eu-west-1") is not None
    with pytest.raises(ConfigError, match="no vendor; there are: aws, azure, gcp"):
        CliRunner().invoke(app, ["prices", "refresh", "ibm"], catch_exceptions=False)
    with pytest.raises(ConfigError, match="--region eu-west-1: should be VENDOR=VALUE"):
        CliRunner().invoke(
            app, ["prices", "refresh", "--region", "eu-west-1"], catch_exceptions=False
        )


words = st.text("abc.-_ ,\"'\n", min_size=1, max_size=12).filter(str.strip)
prices = st.builds(
    Fetched,
    kind=st.sampled_from(["machine", "spot", "unit"]),
    provider=st.sampled_from(["aws", "gcp", "azure"]),
    service=words, name=words, region=words,
    usd=st.floats(0, 10_000),
    as_of=st.dates().map(lambda day: day.isoformat()),
    source=words,
)  # fmt: skip


@given(st.lists(prices, max_size=5, unique_by=lambda price: price.key))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, given_prices: list[Fetched]
) -> None:
    path = tmp_path_factory.mktemp("book") / "prices.csv"
    write_overlay(path, given_prices)
    assert sorted(read_overlay(path), key=lambda price: price.key) == sorted(
        given_prices, key=lambda price: price.key
    )


def test_a_damaged_file_is_said_with_every_line(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    row = "machine,aws,ec2,m5.large,eu-west-1,0.1,2026-11-27,https://x"
    write_overlay(path, [])
    head = path.read_text()
    path.write_text(
        f"{head}{row}\n{row.replace('0.1', 'cheap')}\n{row.replace('2026-11-27', 'now')}\n"
        f"{row.replace('machine', 'robot')}\n{row},more\nmachine,aws\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_overlay(path)
    assert [problem.split(": ")[1] for problem in caught.value.problems] == [
        f"line {number}" for number in (3, 4, 5, 6, 7)
    ]
    path.write_text("something else\n")
    with pytest.raises(ConfigError, match="is no file of fetched prices"):
        read_overlay(path)

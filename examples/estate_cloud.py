"""What AWS leaves behind: access logs of S3, CloudFront and a load balancer, CloudTrail, an export of a database.

Forms from the service's user guides; accounts are those of the guides (123456789012). The content is invented.
"""

from __future__ import annotations

import datetime as dt
import json
import random

from estate_archives import gzip_bytes
from estate_marks import Table, lines, mark, plain
from estate_messages import json_text
from estate_parquet import parquet_bytes
from estate_people import ga_cookie, ipv4
from estate_writer import DOMAIN, Estate

_ACCOUNT, _REGION = "123456789012", "eu-north-1"
_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
_S3 = "aws/s3-logg/2022-02-06-00-00-38-0A1B2C3D4E5F6071"
_TASK = "kursportal-2026-03"


def write_cloud_files(estate: Estate) -> None:
    """Everything below aws/."""
    _s3(estate)
    _cloudfront(estate)
    _load_balancer(estate)
    _cloudtrail(estate)
    _database_export(estate)


def _s3(estate: Estate) -> None:
    """Requests of 2022 for files of the course portal; the file itself is as new as its copy."""
    rng = estate.rng(_S3)
    owner = f"{rng.getrandbits(256):064x}"
    written = []
    for i in range(12):
        p = estate.participants[140 + i]
        when = f"06/Feb/2022:00:{10 + i}:38 +0000"
        key = f"filer/{1000 + i}.pdf"
        query = f"?epost={p.email()}" if i % 4 == 1 else ""
        request = f'"GET /fjordlys-kursportal/{key}{query} HTTP/1.1"'
        agent = f'"{mark("USER_AGENT", _AGENT)}"'
        ids = f"{rng.getrandbits(64):016X}"
        written.append(
            f"{owner} fjordlys-kursportal [{when}] {ipv4(rng)} - {ids} REST.GET.OBJECT {key} {request} 200 - "
            f'{rng.randint(9000, 90_000)} - 20 19 "-" {agent} - - - TLS_AES_128_GCM_SHA256 - '
            f"fjordlys-kursportal.s3.{_REGION}.amazonaws.com TLSv1.3 - -"
        )
    estate.text(_S3, lines(written))


def _cloudfront(estate: Estate) -> None:
    path = "aws/cloudfront/E2EXAMPLE1FJORD.2026-03-01-10.a1b2c3d4.gz"
    name = "E2EXAMPLE1FJORD.2026-03-01-10.a1b2c3d4"
    rng = estate.rng(path)
    fields = (
        "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
        "cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken "
        "x-forwarded-for"
    )
    agent = mark("USER_AGENT", _AGENT.replace(" ", "%20"))
    written = ["#Version: 1.0", f"#Fields: {fields}"]
    for i in range(15):
        facebook = mark("COOKIE_ID", f"fb.1.{1_772_000_000_000 + i}.{rng.randint(10**8, 10**9)}")
        cookie = f"_ga={ga_cookie(rng)};%20_fbp={facebook}"
        written.append(
            "\t".join(
                [
                    "2026-03-01",
                    f"10:{10 + i}:05",
                    "OSL50-C1",
                    str(rng.randint(900, 30_000)),
                    ipv4(rng),
                    "GET",
                    "d111111abcdef8.cloudfront.net",
                    "/kurs/norsk-b1",
                    "200",
                    "-",
                    agent,
                    "-",
                    cookie,
                    "Hit",
                    f"{rng.getrandbits(160):040x}==",
                    DOMAIN,
                    "https",
                    "412",
                    "0.002",
                    "-",
                ]
            )
        )
    estate.put(path, gzip_bytes(estate.ledger.text(f"{path}!{name}", lines(written)).encode(), name))


def _load_balancer(estate: Estate) -> None:
    name = f"{_ACCOUNT}_elasticloadbalancing_{_REGION}_app.kursportal.50dc6c495c0c9188_20260301T0005Z_4abc.log"
    path = f"aws/AWSLogs/{_ACCOUNT}/elasticloadbalancing/{_REGION}/2026/03/01/{name}.gz"
    rng = estate.rng(path)
    target = f"arn:aws:elasticloadbalancing:{_REGION}:{_ACCOUNT}:targetgroup/kursportal/73e2d6bc24d8a067"
    written = []
    for i in range(12):
        port = rng.randint(30_000, 60_000)
        inner = mark("IP_ADDRESS", "10.0.0.1", optional=True)
        written.append(
            f"https 2026-03-01T00:{10 + i}:23.186641Z app/kursportal/50dc6c495c0c9188 {ipv4(rng)}:{port} {inner}:80 "
            f'0.086 0.048 0.037 200 200 0 57 "GET https://{DOMAIN}:443/kurs/{100 + i} HTTP/2.0" '
            f'"{mark("USER_AGENT", _AGENT)}" TLS_AES_128_GCM_SHA256 TLSv1.3 {target} '
            f'"Root=1-58337281-1d84f3d73c47ec4e58577259" "{DOMAIN}" "-" 0 2026-03-01T00:{10 + i}:22.364000Z "forward" '
            '"-" "-" "-" "200" "-" "-"'
        )
    estate.put(path, gzip_bytes(estate.ledger.text(f"{path}!{name}", lines(written)).encode(), name))


def _cloudtrail(estate: Estate) -> None:
    name = f"{_ACCOUNT}_CloudTrail_{_REGION}_20260301T0010Z_Uq3mTgK9xWbYcRdE.json"
    path = f"aws/AWSLogs/{_ACCOUNT}/CloudTrail/{_REGION}/2026/03/01/{name}.gz"
    rng = estate.rng(path)
    records = []
    for i in range(8):
        p = estate.staff[i % 4]
        records.append(
            {
                "eventVersion": "1.09",
                "userIdentity": {
                    "type": "IAMUser",
                    "accountId": _ACCOUNT,
                    "userName": mark("USERNAME", p.login),
                },
                "eventTime": f"2026-03-01T00:{10 + i}:44Z",
                "eventSource": "s3.amazonaws.com",
                "eventName": "GetObject",
                "awsRegion": _REGION,
                "sourceIPAddress": ipv4(rng),
                "userAgent": mark("USER_AGENT", _AGENT),
                "requestParameters": {"bucketName": "fjordlys-kursportal", "key": f"filer/{1000 + i}.pdf"},
                "eventType": "AwsApiCall",
                "recipientAccountId": _ACCOUNT,
            }
        )
    text = estate.ledger.text(f"{path}!{name}", json_text({"Records": records}))
    estate.put(path, gzip_bytes(text.encode(), name))


def _users(estate: Estate, rng: random.Random) -> Table:
    rows: Table = [["id", "epost", "telefon", "fodselsdato", "opprettet"]]
    for number, p in enumerate(estate.participants[160:180], start=1):
        born = mark("DATE_OF_BIRTH", p.born.isoformat())
        created = dt.date(2017, 1, 3) + dt.timedelta(days=rng.randint(0, 900))
        rows.append([str(number), p.email(), p.phone("plain"), born, created.isoformat()])
    return rows


def _database_export(estate: Estate) -> None:
    """A snapshot that RDS exported to S3: a folder of the task, the tables as Parquet."""
    folder = f"aws/rds-eksport/{_TASK}"
    part = f"{folder}/kursportal/public.bruker/1/part-00000-5f2a4a1e-0c1d-4e7b-9a59-2d6a1f3b7c88-c000.gz.parquet"
    rows = estate.ledger.table(part, _users(estate, estate.rng(part)), first=0)
    texts = [[plain(str(cell)) for cell in row] for row in rows]
    estate.put(part, parquet_bytes(texts[0], texts[1:]))
    estate.put(f"{folder}/kursportal/public.bruker/1/_SUCCESS", b"")
    info = {
        "exportTaskIdentifier": _TASK,
        "sourceArn": f"arn:aws:rds:{_REGION}:{_ACCOUNT}:snapshot:kursportal",
        "exportOnly": [],
        "snapshotTime": "Mar 1, 2026, 2:00:00 AM",
        "s3Bucket": "fjordlys-eksport",
        "status": "COMPLETE",
        "percentProgress": 100,
    }
    table = {
        "tableStatistics": {
            "extractionStartTime": "Mar 1, 2026, 3:00:00 AM",
            "partitioningInfo": {"numberOfPartitions": 1},
        },
        "schemaMetadata": {
            "originalTypeMappings": [
                {"columnName": name, "originalType": "text", "expectedExportedType": "string"} for name in texts[0]
            ]
        },
        "status": "COMPLETE",
        "target": "kursportal.public.bruker",
    }
    for name, content in (
        (f"export_info_{_TASK}.json", info),
        (f"export_tables_info_{_TASK}_from_1_to_1.json", {"perTableStatus": [table]}),
    ):
        estate.put(f"{folder}/{name}", (json.dumps(content, indent=2) + "\n").encode())

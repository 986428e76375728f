"""Our own hostile and ordinary programs, at every level that this machine has."""

import pytest
import pytest_asyncio
from checkout import DATA
from sandbox_tools import opened

from mammoth_eval.errors import UsageError
from mammoth_eval.sandbox import cases
from mammoth_eval.sandbox.canary import Canary

FILE = DATA / "sandbox_cases.json"
CASES = cases.read_cases(FILE)
IN_CONTAINER = ("scratch_", "fs_", "signal_", "sys_", "spawn_", "output_", "next_", "project_")

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


def waits(case):
    floods = case.name.startswith("output_") and case.name != "output_flood_swallowing_errors"
    return case.must == "killed" and not floods


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def full():
    with Canary() as canary:
        async with opened("full", seconds=4, wall=8, workers=1) as sandbox:
            yield sandbox, canary


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def brief():
    with Canary() as canary:
        async with opened("full", seconds=0.3, wall=1, workers=1) as sandbox:
            yield sandbox, canary


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def container():
    with Canary() as canary:
        async with opened("container", seconds=4, wall=8, workers=1) as sandbox:
            yield sandbox, canary


@pytest.mark.parametrize("case", [case for case in CASES if not waits(case)], ids=lambda case: case.name)
async def test_a_case_holds_at_level_full(full, case):
    assert await cases.check_case(case, *full) == []


@pytest.mark.parametrize("case", [case for case in CASES if waits(case)], ids=lambda case: case.name)
async def test_a_program_that_waits_is_ended(brief, case):
    assert await cases.check_case(case, *brief) == []


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name.startswith(IN_CONTAINER) and not waits(case)],
    ids=lambda case: case.name,
)
async def test_a_case_holds_at_level_container(container, case):
    assert await cases.check_case(case, *container) == []


async def test_an_escape_would_be_seen(full):
    sandbox, canary = full
    claims = ("lacks:seen", "absent:@CANARY@/secret.txt", "present:@CANARY@/nothing", "status:timeout", "no_such_claim")
    escape = cases.Case("x", "print('ESCAPED, seen')", "error", "other", asserts=claims)
    wrong = await cases.check_case(escape, sandbox, canary)
    assert len(wrong) == 7


async def test_a_reached_listener_and_a_changed_canary_are_seen():
    import socket

    with Canary() as canary:
        socket.create_connection(("127.0.0.1", canary.port)).close()
        (canary.folder / "secret.txt").write_text("changed")
        assert canary.complaints(launcher=1 << 30) == ["the canary was changed", "a listener was reached"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "expected a JSON list"),
        ('[{"name": "a"}]', "case 0 lacks"),
        ('[{"name": "a", "code": "", "must": "x"}]', "must='x'"),
        ("[", "expected a JSON list"),
    ],
)
async def test_a_bad_case_file_is_named(tmp_path, text, said):
    path = tmp_path / "cases.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        cases.read_cases(path)
